import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const run = promisify(execFile)
const root = fileURLToPath(new URL('generated', import.meta.url))
const schema = readFileSync(new URL('prisma/schema.prisma', import.meta.url), 'utf8')

/** Providers of the datasource; a client is generated for one. */
const providers = ['postgresql', 'mysql', 'sqlite']

/**
 * Runs `prisma generate` for each provider, and turns what the generator `prisma-client` wrote from TypeScript into
 * JavaScript. Not kept in the repository, since it is generated from the schema in no time.
 *
 * The generators need no schema engine, but the command looks for one, and downloads it where it finds none: any
 * executable will do.
 *
 * @param name folder in `generated`, where suites may run at the same time.
 * @param wanted providers.
 */
export async function generatePrismaClients(name = '', wanted = providers) {
  await Promise.all(wanted.map((provider) => generateFor(join(root, name, provider), provider)))
}

async function generateFor(folder, provider) {
  rmSync(folder, { recursive: true, force: true })
  const file = join(folder, 'schema.prisma')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, schema.replace('provider = "postgresql"', `provider = "${provider}"`))
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')
  await run(process.execPath, [cli, 'generate', '--schema', file], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', NODE_OPTIONS: '' },
  })
  const client = join(folder, 'prisma')
  for (const name of readdirSync(client, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue
    const path = join(client, name)
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    writeFileSync(path.replace(/\.ts$/, '.js'), outputText)
  }
}
