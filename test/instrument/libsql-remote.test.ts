import { createRequire } from 'node:module'
import * as esm from '@libsql/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { ignore } from '../../src/instrument/scope.ts'
import { createProfiler } from '../../src/profiler.ts'
import { describeDriver } from './driver-contract.ts'
import { type LibsqlServer, startLibsqlServer } from './libsql-server.ts'
import { addressesOf, here, lineOf, record } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: findings of any kind
type Any = any

const cjs = createRequire(import.meta.url)('@libsql/client') as typeof esm
const TEXT = 'select * from authors where id = ?'
const named = { text: 'select * from authors where id = :id', parameters: [{ id: 3 }] }
const NUMBERS = 'with n(i) as (select 1 union all select i + 1 from n where i < 20)'
const SEED = `create table authors (id integer primary key, name text);
  create table posts (id integer primary key, author_id integer);
  insert into authors ${NUMBERS} select i, 'author ' || i from n;
  insert into posts ${NUMBERS} select 100 + i, i from n`

// the peer is in this process, and its database is libsql too
const server: LibsqlServer = await startLibsqlServer(SEED, (ask) => ignore('the server of the test', ask))
afterAll(() => server.close())

describe.each([
  ['ES modules', esm],
  ['CommonJS', cjs],
])('@libsql/client by HTTP, %s', (_name, libsql) => {
  const client = libsql.createClient({ url: server.url })
  beforeAll(() => void instrument(libsql))
  afterAll(() => client.close())

  describeDriver({
    name: '@libsql/client by HTTP',
    forms: [
      ['execute', () => client.execute({ sql: TEXT, args: [3] })],
      ['execute, text and values', () => client.execute(TEXT, [3])],
      ['execute, named', () => client.execute({ sql: named.text, args: { id: 3 } }), named],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [['execute', () => client.execute('select * from nothing_here'), 'SQLITE_ERROR']],
    pooled: [],
    hookAgain: () => instrument(libsql),
  })

  test('a batch is one execution, as it is one round trip', async () => {
    const before = server.requests()
    const { ended } = await record(() => client.batch([{ sql: TEXT, args: [1] }, 'select 2'], 'read'))
    expect(server.requests() - before).toBe(1)
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([[`${TEXT};\nselect 2`, 2]])
  })

  test('statements of a transaction are seen once, with their lines', async () => {
    let line = ''
    const { ended } = await record(async () => {
      const transaction = await client.transaction('write')
      line = here(1)
      await transaction.execute({ sql: TEXT, args: [2] })
      await transaction.executeMultiple('select 1; select 2')
      await transaction.commit()
    })
    expect(ended.map(({ text, rows, error }) => [text, rows, error])).toEqual([
      ['BEGIN', 0, undefined],
      [TEXT, 1, undefined],
      ['select 1; select 2', 0, undefined],
      ['COMMIT', 0, undefined],
    ])
    expect(lineOf(ended[1]?.callSite)).toBe(line)
  })

  test('where the server is, is told of a client that is made through CommonJS after nonplus came', async () => {
    const { hostname: host, port } = new URL(server.url)
    const told = libsql === cjs ? { host, port: Number(port) } : undefined
    const own = libsql.createClient({ url: server.url })
    const { started } = await record(async () => {
      await own.execute('select 1')
      const transaction = await own.transaction('write')
      await transaction.execute('select 2')
      await transaction.commit()
    })
    expect(addressesOf(started)).toEqual([told, told, told, told])
    own.close()
  })

  test('a loop over rows is proven, with its line', async () => {
    let line = ''
    const { report } = await createProfiler().profile('loop', async () => {
      const { rows } = await client.execute('select author_id from posts where id < 106')
      line = here(1)
      for (const { author_id } of rows) await client.execute({ sql: TEXT, args: [author_id as number] })
    })
    const [finding] = report.findings as Any[]
    expect([finding.kind, finding.confidence, finding.count]).toEqual(['n-plus-one', 'proven', 5])
    expect(finding.parent).toMatchObject({ column: 'author_id', rows: 5 })
    expect(lineOf({ frames: finding.frames, concurrent: false } as Any)).toBe(line)
  })
})
