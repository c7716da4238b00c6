import { createRequire } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { live } from '@electric-sql/pglite/live'
import { identifier } from '@electric-sql/pglite/template'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { findLoop, provenLoop } from './n-plus-one-of.ts'
import { record } from './record.ts'

instrument({ PGlite })

const db = await PGlite.create({ extensions: { live } })
const TEXT = 'select * from authors where id = $1'

beforeAll(async () => {
  await db.exec(`
    create table authors (id int primary key, name text);
    insert into authors select n, 'author ' || n from generate_series(1, 20) n;
    create table posts (id int primary key, author_id int);
    insert into posts select n, n from generate_series(1, 12) n;
  `)
})

afterAll(() => db.close())

type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0]

const inTransaction = (ask: (tx: Tx) => Promise<unknown>) => () => db.transaction(ask)

describeDriver({
  name: 'pglite',
  forms: [
    ['query', () => db.query(TEXT, [3])],
    ['query, array rows', () => db.query(TEXT, [3], { rowMode: 'array' })],
    ['sql', () => db.sql`select * from authors where id = ${3}`],
    ['awaited in a function', async () => await db.query(TEXT, [3])],
  ],
  expected: { text: TEXT, parameters: [3], rows: 1 },
  failures: [
    ['query', () => db.query('select * from nothing_here'), '42P01'],
    ['sql', () => db.sql`select 1 / ${0}::int`, '22012'],
    ['exec', () => db.exec('select * from nothing_here'), '42P01'],
  ],
  pooled: [
    ['query', (request) => db.query('select $1::int as request', [request])],
    ['sql', (request) => db.sql`select ${request}::int as request`],
  ],
  address: () => ({ database: 'postgres' }),
  hookAgain: () => instrument({ PGlite }),
})

describe('exec and templates', () => {
  test('several statements in one text are one execution with the rows of all', async () => {
    const { ended } = await record(async () => {
      await db.exec('select 1; select * from authors where id < 4')
      await db.sql`select name from ${identifier`authors`} where id = ${5}`
      await db.query("update authors set name = 'x' where id in (1, 2)")
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select 1; select * from authors where id < 4', parameters: undefined, rows: 4, error: undefined },
      { text: 'select name from "authors" where id = $1', parameters: [5], rows: 1, error: undefined },
      { text: "update authors set name = 'x' where id in (1, 2)", parameters: undefined, rows: 2, error: undefined },
    ])
  })

  test('a database that starts sends nothing of ours; what waits for it is seen', async () => {
    const { ended, result } = await record(async () => {
      const early = new PGlite()
      const { rows } = await early.query('select 1 as one')
      await early.close()
      return rows
    })
    expect(result).toEqual([{ one: 1 }])
    expect(ended.map(({ text }) => text)).toEqual(['select 1 as one'])
  })
})

describe('transactions', () => {
  const textsOf = async (fn: () => Promise<unknown>) => (await record(fn)).ended.map(({ text }) => text)

  test('begin, statements and commit, in the scope of the caller, each with a line', async () => {
    const { ended, scope, result } = await record(
      inTransaction(async (tx) => {
        await tx.query(TEXT, [1])
        await tx.sql`select name from ${identifier`authors`} where id = ${2}`
        await tx.exec('select 3')
        return currentScope()
      }),
    )
    expect(result).toBe(scope)
    expect(ended.map(({ text, parameters, rows }) => [text, parameters, rows])).toEqual([
      ['BEGIN', undefined, 0],
      [TEXT, [1], 1],
      ['select name from "authors" where id = $1', [2], 1],
      ['select 3', undefined, 1],
      ['COMMIT', undefined, 0],
    ])
    expect(ended.every((message) => message.scope === scope && message.callSite !== undefined)).toBe(true)
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
  })

  test('a transaction that is over leaves nothing behind', async () => {
    await inTransaction((tx) => tx.query(TEXT, [1]))()
    const before = state.undos.size
    await inTransaction((tx) => tx.query(TEXT, [1]))()
    expect(state.undos.size).toBe(before)
  })

  test('a failure rolls back, and the caller gets it', async () => {
    const failing = () => db.transaction((tx) => tx.query('select * from nothing_here'))
    expect(await textsOf(() => expect(failing()).rejects.toMatchObject({ code: '42P01' }))).toEqual([
      'BEGIN',
      'select * from nothing_here',
      'ROLLBACK',
    ])
    expect(await textsOf(() => db.transaction((tx) => tx.rollback()))).toEqual(['BEGIN', 'ROLLBACK'])
  })

  test('six at once wait for each other, and keep to their scopes', async () => {
    const requests = Array.from({ length: 6 }, (_, request) =>
      record(() => db.transaction((tx) => tx.query('select $1::int', [request])), `request ${request}`),
    )
    const started = new Set((await Promise.all(requests)).flatMap((recording) => recording.started))
    expect(started.size).toBe(18)
    const bound = [...started].filter(({ parameters }) => parameters !== undefined)
    expect(bound.every(({ scope, parameters }) => scope.name === `request ${parameters?.[0]}`)).toBe(true)
  })
})

test('a live query sends in the scope that asked for it', async () => {
  const { ended, scope } = await record(async () => {
    const query = await db.live.query('select count(*) from authors')
    await query.unsubscribe()
  })
  expect(ended.some(({ text }) => text.includes('select count(*) from authors'))).toBe(true)
  expect(ended.every((message) => message.scope === scope)).toBe(true)
})

test('an unhandled rejection stays one, with the error of the driver', async () => {
  const seen: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => seen.push((reason as { code: string }).code))
  await record(async () => {
    void db.query('select * from nothing_here')
    void db.transaction((tx) => tx.query('select * from nothing_here'))
    await new Promise((resolve) => setTimeout(resolve, 200))
  })
  process.removeAllListeners('unhandledRejection')
  for (const listener of listeners) process.on('unhandledRejection', listener)
  expect(seen).toEqual(['42P01', '42P01'])
})

test.each([false, true])('a loop is proven, with its line and its parent; at once: %s', async (atOnce) => {
  const posts = async () => (await db.query<{ author_id: number }>('select id, author_id from posts')).rows
  expect(await findLoop(posts, (id) => db.query('select name from authors where id = $1', [id]), atOnce)).toEqual(
    provenLoop,
  )
})

test('the CommonJS copy beside it, and taking the hooks out', async () => {
  const copy = createRequire(import.meta.url)('@electric-sql/pglite') as { PGlite: typeof PGlite }
  expect(copy.PGlite).not.toBe(PGlite)
  expect(instrument(copy)).toBe('@electric-sql/pglite')
  const other = await copy.PGlite.create()
  const ask = () => Promise.all([db.query('select 1'), other.query('select 2')])
  expect((await record(ask)).started.map(({ text }) => text)).toEqual(['select 1', 'select 2'])
  unpatchAll()
  expect((await record(ask)).started).toEqual([])
  await other.close()
})
