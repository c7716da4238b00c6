import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esm from '@libsql/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { loadNativeSqlite } from './native-sqlite.ts'
import { holdRandomMixes, type Use } from './random-mix.ts'
import { here, lineOf, record } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: two drivers under one set of tests
type Any = any

const require = createRequire(import.meta.url)
const cjs = require('@libsql/client') as typeof esm
const Database = createRequire(require.resolve('@libsql/client'))('libsql') as Any

const TEXT = 'select * from authors where id = ?'
const named = { text: 'select * from authors where id = :id', parameters: [{ id: 3 }] }
const NUMBERS = 'with n(i) as (select 1 union all select i + 1 from n where i < 20)'
const SEED = [
  'create table authors (id integer primary key, name text)',
  'create table posts (id integer primary key, author_id integer, title text)',
  `insert into authors ${NUMBERS} select i, 'author ' || i from n`,
  `insert into posts ${NUMBERS} select 100 + i, i, 'post ' || i from n`,
]
const folder = mkdtempSync(join(tmpdir(), 'nonplus-libsql-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const oldest = loadNativeSqlite<typeof esm>('libsql-client-oldest')
const clients: [name: string, libsql: typeof esm][] = [
  ['ES modules', esm],
  ['CommonJS', cjs],
  ...(oldest === undefined ? [] : ([['0.15.0', oldest]] satisfies [string, typeof esm][])),
]

describe.each(clients)('@libsql/client, %s', (name, libsql) => {
  const url = `file:${join(folder, `${name.replaceAll(' ', '-')}.db`)}`
  // two connections, which six scopes contend for
  const client = libsql.createClient({ url, concurrency: 2 })
  beforeAll(async () => {
    instrument(libsql)
    await client.migrate(SEED)
  })
  afterAll(() => client.close())

  describeDriver({
    name: '@libsql/client',
    forms: [
      ['execute', () => client.execute({ sql: TEXT, args: [3] })],
      ['execute, text and values', () => client.execute(TEXT, [3])],
      ['execute, named', () => client.execute({ sql: named.text, args: { id: 3 } }), named],
      ['execute, named with the mark', () => client.execute({ sql: named.text, args: { ':id': 3 } }), named],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      [
        'constraint',
        async () => {
          await client.execute('insert into authors values (1, 1)').catch(({ cause }) => {
            throw cause
          })
        },
        'SQLITE_CONSTRAINT_PRIMARYKEY',
      ],
    ],
    pooled: [
      ['execute', (request) => client.execute({ sql: 'select ? as request', args: [request] })],
      ['execute, handed on', (request) => client.execute('select ? as request', [request]).then(() => undefined)],
    ],
    hookAgain: () => instrument(libsql),
  })

  test('what the application gets is what the client gives', async () => {
    await record(async () => {
      const { columns, rows } = await client.execute({ sql: TEXT, args: [3] })
      expect([columns, rows[0]?.name, rows[0]?.[0]]).toEqual([['id', 'name'], 'author 3', 3])
      const { rowsAffected } = await client.execute('update authors set name = name where id < 4')
      expect(rowsAffected).toBe(3)
      await expect(client.execute('select * from nothing_here')).rejects.toThrow('no such table')
      await expect(client.execute('select * from nothing_here')).rejects.toBeInstanceOf(libsql.LibsqlError)
    })
  })

  test('batches, transactions, several statements and migrations are told statement by statement', async () => {
    let line = ''
    const { ended } = await record(async () => {
      line = here(1)
      await client.batch([{ sql: TEXT, args: [1] }, 'update authors set name = name where id < 3'], 'write')
      const transaction = await client.transaction('write')
      await transaction.execute({ sql: TEXT, args: [2] })
      await transaction.batch([TEXT.replace('?', '4')])
      await transaction.commit()
      await client.executeMultiple('select 1; select 2')
      await client.migrate(['create table if not exists more (id int)'])
    })
    expect(ended.map(({ text, rows, error }) => [text, rows, error])).toEqual([
      ['BEGIN IMMEDIATE', 0, undefined],
      [TEXT, 1, undefined],
      ['update authors set name = name where id < 3', 2, undefined],
      ['COMMIT', 0, undefined],
      ['BEGIN IMMEDIATE', 0, undefined],
      [TEXT, 1, undefined],
      [TEXT.replace('?', '4'), 1, undefined],
      ['COMMIT', 0, undefined],
      ['select 1; select 2', 0, undefined],
      ['PRAGMA foreign_keys=off', 0, undefined],
      ['BEGIN DEFERRED', 0, undefined],
      ['create table if not exists more (id int)', 0, undefined],
      ['COMMIT', 0, undefined],
      ['PRAGMA foreign_keys=on', 0, undefined],
    ])
    expect(lineOf(ended[1]?.callSite)).toBe(line)
    expect(ended.every(({ callSite }) => lineOf(callSite)?.startsWith('libsql.test.ts'))).toBe(true)
  })

  test.each([
    [
      'in a loop',
      async (ids: number[], ask: (id: number) => Promise<unknown>) => {
        for (const id of ids) await ask(id)
      },
    ],
    [
      'with Promise.all',
      async (ids: number[], ask: (id: number) => Promise<unknown>) => {
        await Promise.all(ids.map(ask))
      },
    ],
  ])('%s, it is proven, with the line of the call', async (_name, each) => {
    let line = ''
    const { report } = await createProfiler().profile('loop', async () => {
      const { rows } = await client.execute('select author_id, title from posts where id < 106')
      const ids = rows.map(({ author_id }) => Number(author_id))
      line = here(1)
      const ask = (id: number): Promise<unknown> => client.execute({ sql: TEXT, args: [id] })
      await each(ids, ask)
    })
    expect(report.findings.map(({ kind, confidence, count }) => [kind, confidence, count])).toEqual([
      ['n-plus-one', 'proven', 5],
    ])
    const [finding] = report.findings as Any[]
    expect(lineOf({ frames: finding.frames, concurrent: false } as Any)).toBe(line)
    expect(finding.parent).toMatchObject({ column: 'author_id', rows: 5, coverage: 1 })
  })

  test('random mixes in random numbers of scopes, over two connections', async () => {
    const uses: readonly Use[] = [
      { name: 'awaited', statements: 1, run: async (marker) => await client.execute('select ?', [marker]) },
      { name: 'handed on', statements: 1, run: (marker) => client.execute(`select ${marker}`) },
      {
        name: 'fails',
        statements: 1,
        run: (marker) =>
          client.execute(`update authors set id = 1 where id = 2 and 0 < ${marker}`).catch(() => undefined),
      },
      {
        name: 'together',
        statements: 2,
        run: (marker) => Promise.all([0, 1].map((n) => client.execute('select ?, ?', [marker, n]))),
      },
      {
        name: 'batch',
        statements: 2,
        run: (marker) => client.batch([`select ${marker}`, `select ${marker} + 1 - 1`], 'read'),
      },
      {
        name: 'then',
        statements: 2,
        run: (marker) => client.execute(`select ${marker}`).then(() => client.execute('select ?', [marker])),
      },
    ]
    await holdRandomMixes(uses, 40)
  })

  test('an unhandled rejection stays one', async () => {
    const seen: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push((reason as Error).name))
    await record(async () => {
      void client.execute('select * from nothing_here')
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(seen).toEqual(['LibsqlError'])
  })

  test('looking for the class of the clients counts nothing, and taking the hooks out restores it', async () => {
    const prototype = Object.getPrototypeOf(client)
    const hooked = prototype.execute
    unpatchAll()
    expect(prototype.execute).not.toBe(hooked)
    expect((await record(() => client.execute(TEXT, [1]))).started).toEqual([])
    const before = { ...state.counters }
    instrument(libsql)
    expect(state.counters).toEqual(before)
    const { started } = await record(() => client.execute(TEXT, [1]))
    expect(started.map(facts)).toEqual([{ text: TEXT, parameters: [1], rows: 1, error: undefined }])
  })
})

describe('libsql itself', () => {
  const db = new Database(':memory:')
  beforeAll(() => {
    instrument(Database)
    for (const text of SEED) db.exec(text)
  })

  describeDriver({
    name: 'libsql',
    hasPool: false,
    forms: [
      ['all', () => db.prepare(TEXT).all(3)],
      ['all, values in an array', () => db.prepare(TEXT).all([3])],
      ['all, named', () => db.prepare(named.text).all({ id: 3 }), named],
      ['get', () => db.prepare(TEXT).get(3)],
      ['iterate', () => [...db.prepare(TEXT).iterate(3)]],
      ['all, raw', () => db.prepare(TEXT).raw().all(3)],
      ['all, pluck', () => db.prepare(TEXT).pluck().all(3)],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      ['constraint', () => db.prepare('insert into authors values (?, ?)').run(1, 'x'), 'SQLITE_CONSTRAINT_PRIMARYKEY'],
      ['exec', () => db.exec('select * from nothing_here'), 'SQLITE_ERROR'],
    ],
    pooled: [['all', (request) => db.prepare('select ? as request').all(request)]],
    hookAgain: () => instrument(Database),
  })

  test('transactions, changes and pragmas', async () => {
    const { ended } = await record(() => {
      db.transaction(() => db.prepare('update authors set name = name where id < 4').run())()
      db.pragma('user_version')
    })
    expect(ended.map(({ text, rows }) => [text.trim(), rows])).toEqual([
      ['BEGIN', 0],
      ['update authors set name = name where id < 4', 3],
      ['COMMIT', 0],
      ['PRAGMA user_version', 1],
    ])
  })

  test('a loop over rows is proven, with its line', async () => {
    let line = ''
    const one = db.prepare(TEXT)
    const { report } = await createProfiler().profile('loop', () => {
      const posts = db.prepare('select author_id, title from posts where id < 106').all()
      line = here(1)
      for (const { author_id } of posts) one.get(author_id)
    })
    const [finding] = report.findings as Any[]
    expect([finding.kind, finding.confidence, finding.parent.column]).toEqual(['n-plus-one', 'proven', 'author_id'])
    expect(lineOf({ frames: finding.frames, concurrent: false } as Any)).toBe(line)
  })
})
