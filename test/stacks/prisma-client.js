import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const folder = fileURLToPath(new URL('generated/prisma', import.meta.url))
const entry = new URL('generated/prisma/client.js', import.meta.url)

/** The generated client; made at the first use, because what a generator writes does not belong in the repository. */
export async function loadPrismaClient() {
  if (!existsSync(entry)) generatePrismaClient()
  return await import(entry.href)
}

/**
 * Runs `prisma generate` and turns its TypeScript into JavaScript.
 *
 * The generator needs no schema engine, but looks for one, and downloads it where it finds none: any executable will do.
 */
export function generatePrismaClient() {
  rmSync(folder, { recursive: true, force: true })
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')
  const schema = fileURLToPath(new URL('prisma/schema.prisma', import.meta.url))
  execFileSync(process.execPath, [cli, 'generate', '--schema', schema], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  // the entry last, so that it exists only where all the others do
  for (const file of files.sort((a, b) => Number(a === 'client.ts') - Number(b === 'client.ts'))) {
    const path = join(folder, file)
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(path.replace(/\.ts$/, '.js'), outputText)
  }
}
