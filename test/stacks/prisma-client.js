import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const generated = fileURLToPath(new URL('generated', import.meta.url))

/**
 * Runs `prisma generate`, and turns what the generator `prisma-client` wrote from TypeScript into JavaScript. Not kept in
 * the repository, since it is generated from the schema in no time.
 *
 * The generators need no schema engine, but the command looks for one, and downloads it where it finds none: any
 * executable will do.
 */
export function generatePrismaClient() {
  rmSync(generated, { recursive: true, force: true })
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')
  const schema = fileURLToPath(new URL('prisma/schema.prisma', import.meta.url))
  execFileSync(process.execPath, [cli, 'generate', '--schema', schema], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const folder = join(generated, 'prisma')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const path = join(folder, file)
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(path.replace(/\.ts$/, '.js'), outputText)
  }
}
