import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { generatePrismaClients } from './stacks/prisma-client.js'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('beside/', import.meta.url))
const register = new URL('../dist/register.js', import.meta.url).href
const tool = `${folder}tools/prisma.cjs`

const isInstalled = existsSync(new URL('beside/node_modules/@prisma/instrumentation', import.meta.url))
const HOW_TO_INSTALL = 'npm ci --prefix test/beside'

/** What `test/beside/prisma.js` tells about one run. */
interface Told {
  readonly answers: readonly unknown[]
  /** Names of the spans that were current after a request. */
  readonly current: readonly unknown[]
  readonly statements: readonly string[]
  readonly findings: readonly string[]
  readonly executions: readonly string[]
  readonly spans: readonly string[]
}

async function tell(url: string, ...preloads: string[]): Promise<Told> {
  const isWatched = preloads.includes(register)
  const env = { ...process.env, NODE_OPTIONS: '', BESIDE_URL: url, BESIDE_NONPLUS: isWatched ? '1' : '0' }
  const flags = preloads.map((file) => `--import=${file}`)
  const { stdout } = await run(process.execPath, [...flags, 'prisma.js'], { cwd: folder, env })
  const line = stdout.split('\n').find((each) => each.startsWith('TOLD '))
  if (line === undefined) throw new Error(`prisma.js told nothing: ${stdout.slice(-500)}`)
  return JSON.parse(line.slice('TOLD '.length)) as Told
}

describe.skipIf(!isInstalled)(`beside Prisma's own${isInstalled ? '' : ` (SKIPPED: ${HOW_TO_INSTALL})`}`, () => {
  let url: string
  let bare: Told
  let alone: Told
  let without: Told

  beforeAll(async () => {
    url = await createDatabase('beside_prisma')
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`
      create table authors (id int primary key, name text not null);
      create table books (id int primary key, author_id int not null references authors (id), title text not null);
      insert into authors select n, 'author' from generate_series(1, 5) n;
      insert into books select n * 10 + 1, n, 'book' from generate_series(1, 5) n
    `)
    await client.end()
    await generatePrismaClients('beside', ['postgresql'])
    bare = await tell(url)
    alone = await tell(url, register)
    without = await tell(url, tool)
  })

  test('alone, nonplus sees all, and the application nothing of it', () => {
    expect(alone.answers).toEqual(bare.answers)
    expect(alone.executions.filter((line) => line.endsWith('| 5 Author.findUnique'))).toEqual(
      ['batched', 'off', 'on'].map((name) => `${name} | 5 Author.findUnique`),
    )
    // the loop, and the array of one kind
    expect(alone.findings).toHaveLength(2)
    expect(alone.statements.filter((line) => line.includes('undefined'))).toEqual([])
  })

  test.each([
    ['before nonplus', [tool, register]],
    ['after nonplus', [register, tool]],
  ])('set %s: nothing is lost, doubled or changed', async (_name, preloads) => {
    expect(without.spans.length).toBeGreaterThan(50)
    const both = await tell(url, ...preloads)
    expect(both.statements).toEqual(alone.statements)
    expect(both.findings).toEqual(alone.findings)
    expect(both.executions).toEqual(alone.executions)
    expect(both.spans).toEqual(without.spans)
    expect(both.answers).toEqual(bare.answers)
    expect(both.current).toEqual(without.current)
  })
})
