import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { mergeBaseline } from '../../src/baseline.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import { profile } from '../../src/profiler.ts'
import {
  expectConstantGrowth,
  expectConstantQueries,
  expectLinearQueries,
  expectNoFindings,
  expectNoNPlusOne,
  expectNoQueries,
  expectQueries,
  expectQuerySnapshot,
  expectWithinBudget,
} from '../../src/testing/index.ts'
import { createDatabase } from '../create-database.ts'

let pool: pg.Pool
const folder = mkdtempSync(join(tmpdir(), 'nonplus-assertions-'))

beforeAll(async () => {
  instrument(pg)
  pool = new pg.Pool({ connectionString: await createDatabase('assertions'), max: 2 })
  await pool.query(`
    create schema shop;
    create table authors (id int primary key, name text);
    create table posts (id int primary key, author_id int);
    create table shop.orders (id int primary key, note text);
    insert into authors select n + 100, 'Secret ' || n from generate_series(730001, 730010) n;
    insert into posts select n, n + 100 from generate_series(730001, 730010) n`)
})

afterAll(async () => {
  await pool.end()
  rmSync(folder, { recursive: true, force: true })
})

afterEach(() => vi.unstubAllEnvs())

async function findPosts(size: number): Promise<{ author_id: number }[]> {
  return (await pool.query('select id, author_id from posts order by id limit $1', [size])).rows
}

/** 1 query, and one for each post. */
async function listPosts(size: number): Promise<number> {
  const posts = await findPosts(size)
  for (const { author_id } of posts) await pool.query('select name from authors where id = $1', [author_id])
  return posts.length
}

/** 2 queries. */
async function listPostsTogether(size: number): Promise<number> {
  const ids = (await findPosts(size)).map(({ author_id }) => author_id)
  return (await pool.query('select id, name from authors where id = any($1)', [ids])).rows.length
}

async function failureOf(assertion: Promise<unknown>): Promise<string> {
  const failure = await assertion.then(
    () => undefined,
    (error: Error) => error,
  )
  expect(failure).toMatchObject({ name: 'AssertionError', code: 'ERR_ASSERTION' })
  expect(failure?.message).not.toMatch(/\b730\d\d\d\b|Secret/)
  // the line of the call, for editors
  expect(failure?.stack).toContain('assertions.test.ts')
  return failure?.message ?? ''
}

/** Warnings of the process that a block makes. */
async function warningsOf(block: () => Promise<unknown>): Promise<{ code: string; message: string }[]> {
  const warnings: { code: string; message: string }[] = []
  const listen = (warning: Error & { code?: string }): void => {
    warnings.push({ code: warning.code ?? '', message: warning.message })
  }
  process.on('warning', listen)
  await block()
  await sleep(0)
  process.off('warning', listen)
  return warnings
}

describe('expectQueries', () => {
  test('gives back what the block did', async () => {
    expect(await expectQueries(() => listPosts(3), 4)).toBe(3)
    expect(await expectQueries(() => 'nothing', 0)).toBe('nothing')
  })

  test.each([
    ['a kind', { kind: 'select', exactly: 2 }],
    ['kinds', { kind: ['insert', 'delete'], exactly: 2 }],
    ['a table', { table: 'posts', exactly: 2 }],
    ['a table in a schema, by its name alone', { table: 'orders', exactly: 2 }],
    ['a table in a schema', { table: 'shop.orders', exactly: 2 }],
    ['a table of another schema', { table: 'public.orders', exactly: 0 }],
    ['tables, in any case', { table: ['POSTS', 'Orders'], exactly: 4 }],
    ['a part of the text', { matching: 'returning', exactly: 1 }],
    ['a pattern with a state', { matching: /limit/g, exactly: 1 }],
    ['a table and a kind', { table: 'posts', kind: 'insert', exactly: 0 }],
    ['a range', { atLeast: 3, atMost: 4 }],
    ['at least one, where nothing is said', { kind: 'delete' }],
  ] as const)('counts by %s', async (_name, expected) => {
    const block = async (): Promise<void> => {
      await pool.query('select 1 from posts')
      await findPosts(1)
      await pool.query("insert into shop.orders values (1, 'a') returning id")
      await pool.query('delete from shop.orders where id = $1', [1])
    }
    await expectQueries(block, expected)
    await expectQueries(block, 4)
  })

  test('counts no transaction control', async () => {
    await expectQueries(async () => {
      const client = await pool.connect()
      for (const text of ['begin', 'savepoint a', 'select 1', 'release a', 'rollback']) await client.query(text)
      client.release()
    }, 1)
  })

  test('counts what is folded', () =>
    expectQueries(async () => {
      for (let count = 0; count < 1_200; count++) await pool.query('select 1')
    }, 1_200))

  test('says what ran, where, and why', async () => {
    const text = await failureOf(expectQueries(() => listPosts(3), { table: 'authors', atMost: 1 }))
    expect(text).toMatch(
      /^Expected at most 1 query on authors, but 3 ran\.\n\n {2}3 × SELECT authors +\S+\.test\.ts:\d+/,
    )
    expect(text).toMatch(/proof +All 3 values of authors\.id came from posts\.author_id/)
  })

  test('says what the block throws, as it is', async () => {
    const failure = new TypeError('of the application')
    await expect(expectQueries(() => Promise.reject(failure), 1)).rejects.toBe(failure)
  })

  test.each([
    [[() => 1, { atmost: 1 }], 'Unknown option of toRunQueries(): `atmost`. Did you mean `atMost`?'],
    [[() => 1, -1], '`the number` of toRunQueries() must be an integer from 0 up, but got: -1.'],
    [[() => 1, { kind: 'selcet' }], 'Did you mean `select`?'],
    [[() => 1, { kind: 'transaction' }], 'BEGIN, COMMIT and the like are never counted.'],
    [[() => 1, { table: '' }], "`table` of toRunQueries() must be the name of a table, but got: ''."],
    [[() => 1, { matching: 7 }], '`matching` of toRunQueries() must be a text or a regular expression, but got: 7.'],
    [[Promise.resolve(), 1], 'Got a promise: it runs already'],
    [['posts', 1], 'Got string.'],
  ])('wrong use %#', async (args, message) => {
    const call = (expectQueries as (...given: unknown[]) => Promise<unknown>)(...(args as unknown[]))
    await expect(call).rejects.toThrow(message)
    await expect(call).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
  })
})

test('expectNoQueries: none, or none of those that are named', async () => {
  await expectNoQueries(() => 1)
  await expectNoQueries(() => findPosts(1), { table: 'authors' })
  expect(await failureOf(expectNoQueries(() => findPosts(1)))).toMatch(/^Expected no queries, but 1 ran\./)
})

describe('expectNoNPlusOne', () => {
  test('passes and fails', async () => {
    expect(await expectNoNPlusOne(() => listPostsTogether(3))).toBe(3)
    expect(await failureOf(expectNoNPlusOne(() => listPosts(3)))).toMatch(/^Expected no N\+1, but found 1:/)
  })

  test('finds two runs, and tolerates what is below the threshold', async () => {
    await failureOf(expectNoNPlusOne(() => listPosts(2)))
    await expectNoNPlusOne(() => listPosts(2), { threshold: 3 })
    await failureOf(expectNoNPlusOne(() => listPosts(3), { threshold: 3 }))
  })

  test('tolerates a table, an identity, a pattern', async () => {
    const { report } = await profile('list', () => listPosts(3))
    const { identity } = report.findings[0] as { identity: string }
    for (const one of ['authors', identity, /from authors/])
      await expectNoNPlusOne(() => listPosts(3), { allow: [one] })
    await failureOf(expectNoNPlusOne(() => listPosts(3), { allow: ['posts', /from posts/, 'n-plus-one:0000'] }))
    await expect(expectNoNPlusOne(() => listPosts(3), { allow: [''] })).rejects.toThrow('must be a list of tables')
  })

  test('tolerates what the baseline has', async () => {
    const { report } = await profile('list', () => listPosts(3))
    const file = join(folder, 'baseline.json')
    writeFileSync(file, JSON.stringify(mergeBaseline({ version: 1, findings: [] }, [report])))
    await expectNoNPlusOne(() => listPosts(3), { baseline: file })
    writeFileSync(file, JSON.stringify({ version: 1, findings: [] }))
    await failureOf(expectNoNPlusOne(() => listPosts(3), { baseline: file }))
  })

  test('warns where a list had one row', async () => {
    const listOld = async (): Promise<void> => {
      const { rows } = await pool.query('select id, author_id from posts where id < $1', [730_002])
      for (const { author_id } of rows) await pool.query('select name from authors where id = $1', [author_id])
    }
    const [warning, ...others] = await warningsOf(() => expectNoNPlusOne(listOld))
    expect(warning).toMatchObject({ code: 'NONPLUS_ONE_ROW' })
    expect(warning?.message).toContain('With data of two rows or more')
    expect(others).toEqual([])
    expect(await warningsOf(() => expectNoNPlusOne(() => listPostsTogether(3)))).toEqual([])
  })

  test('fails where nothing was seen', async () => {
    const text = await failureOf(expectNoNPlusOne(() => 1))
    expect(text).toContain('No statement was seen in the block')
  })
})

test('expectNoFindings: every kind, or those that are named', async () => {
  const twice = async (): Promise<void> => {
    await findPosts(3)
    await findPosts(3)
  }
  await expectNoFindings(() => listPostsTogether(3))
  expect(await failureOf(expectNoFindings(twice))).toMatch(
    /^Expected no findings, but found 1:\n\nwarning duplicate-query/,
  )
  await expectNoFindings(twice, { kinds: ['n-plus-one'] })
  await expect(expectNoFindings(twice, { kinds: ['n-plus-ono' as 'n-plus-one'] })).rejects.toThrow('`n-plus-one`')
})

test('requests to a server of the block are judged one by one', async () => {
  await expectNoFindings(() => visitTwice(() => findPosts(3)))
  expect(await failureOf(expectNoNPlusOne(() => visitTwice(() => listPosts(3))))).toContain('but found 2')
})

async function visitTwice(answer: () => Promise<unknown>): Promise<void> {
  const server = createServer((_request, response) => void answer().then(() => response.end()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const path of ['/one', '/two']) {
    await new Promise((resolve) => get({ port, path }, (response) => response.resume().on('end', resolve)))
  }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

describe('growth', () => {
  const sizes: number[] = []
  const setup = (size: number): void => {
    sizes.push(size)
  }

  test('expectConstantQueries: sets up, warms up once, and runs at each size', async () => {
    sizes.length = 0
    const runs: number[] = []
    const run = (size: number): Promise<number> => {
      runs.push(size)
      return listPostsTogether(size)
    }
    expect(await expectConstantQueries({ setup, run })).toBe(3)
    await expectConstantQueries({ setup, run, factors: [1, 4, 9], warmup: false })
    expect(sizes).toEqual([2, 3, 1, 4, 9])
    expect(runs).toEqual([2, 2, 3, 1, 4, 9])
  })

  test('expectConstantQueries: says what grew', async () => {
    const text = await failureOf(expectConstantQueries({ setup, run: listPosts, factors: [2, 5] }))
    const table = text.split('\n\n')[1]?.split('\n')
    expect(table?.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['size 2', 'size 5'],
      ['SELECT posts', '1', '1'],
      ['SELECT authors', '2', '5', '+1 per unit'],
      ['in all', '3', '6', '+1 per unit'],
    ])
  })

  test('expectConstantQueries: of one table', async () => {
    await expectConstantQueries({ setup, run: listPosts, table: 'posts' })
    await failureOf(expectConstantQueries({ setup, run: listPosts, table: 'authors' }))
  })

  test('expectLinearQueries: within the slope, and above it', async () => {
    await expectLinearQueries({ setup, run: listPosts })
    await expectLinearQueries({ setup, run: listPostsTogether, slope: 0 })
    const text = await failureOf(expectLinearQueries({ setup, run: listPosts, slope: 0.5 }))
    expect(text).toMatch(/^Expected at most 0\.5 more queries per unit at every size/)
  })

  test('expectConstantGrowth: one run, by its proof', async () => {
    expect(await expectConstantGrowth(() => listPostsTogether(3))).toBe(3)
    expect(await failureOf(expectConstantGrowth(() => listPosts(3)))).toContain(
      '4 queries at 3 rows of posts; 31 at 30',
    )
  })

  test('warns where the queries are those of requests to a server that was there before', async () => {
    const server = createServer(async (_request, response) => {
      await listPostsTogether(3)
      response.end()
    }).listen(0)
    await once(server, 'listening')
    const visit = (): Promise<Response> => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const warnings = await warningsOf(() => expectNoQueries(visit))
    expect(warnings.map(({ code }) => code)).toEqual(['NONPLUS_OUTER_SERVER'])
    expect(await warningsOf(() => expectNoQueries(() => undefined))).toEqual([])
    server.close()
  })

  test('warns where the rows do not grow', async () => {
    const warnings = await warningsOf(() => expectConstantQueries({ setup, run: () => listPostsTogether(3) }))
    expect(warnings.map(({ code }) => code)).toEqual(['NONPLUS_SAME_ROWS'])
    const run = (): Promise<unknown> => pool.query('select count(*) from posts')
    expect(await warningsOf(() => expectConstantQueries({ setup, run }))).toEqual([])
  })

  test.each([
    [{ run: listPosts }, '`setup` of toRunConstantQueries() must be a function'],
    [{ run: listPosts, setup, factors: [3, 2] }, 'must be two rising sizes or more, from 1 up, but got: [3,2].'],
    [{ run: listPosts, setup, factors: [2] }, 'must be two rising sizes or more'],
    [{ run: listPosts, setup, factor: [1, 2] }, 'Did you mean `factors`?'],
  ])('wrong use %#', (options, message) =>
    expect(expectConstantQueries(options as Parameters<typeof expectConstantQueries>[0])).rejects.toThrow(message),
  )
})

describe('expectWithinBudget', () => {
  test('queries and rows', async () => {
    expect(await expectWithinBudget(() => listPostsTogether(3), { queries: 2, rows: 6 })).toBe(3)
    const text = await failureOf(expectWithinBudget(() => listPosts(3), { queries: 3, rows: 5 }))
    expect(text).toMatch(/^Expected to stay within the budget:\n {2}queries: 4 of 3\n {2}rows: 6 of 5\n/)
  })

  test('time: the fastest of several runs counts', async () => {
    let runs = 0
    const slowAtFirst = (): Promise<unknown> => pool.query(`select pg_sleep(${runs++ === 0 ? 0.3 : 0})`)
    await expectWithinBudget(slowAtFirst, { databaseMs: 200 })
    expect(runs).toBeGreaterThan(1)
    const slow = (): Promise<unknown> => pool.query('select pg_sleep(0.1)')
    const text = await failureOf(expectWithinBudget(slow, { databaseMs: 50, runs: 2 }))
    expect(text).toMatch(/time in the database: \d+ ms of 50 ms, the fastest of 2 runs \(\d+ ms, \d+ ms\)/)
  })

  test('wrong use', async () => {
    await expect(expectWithinBudget(() => 1, {})).rejects.toThrow('needs a limit: queries, rows, databaseMs.')
    await expect(expectWithinBudget(() => 1, { queries: 1, runs: 0 })).rejects.toThrow('`runs`')
  })
})

describe('expectQuerySnapshot', () => {
  test('writes a file that is missing, holds it, and writes it anew when asked to', async () => {
    vi.stubEnv('CI', '')
    const file = join(folder, 'new', 'list.sql')
    expect(await expectQuerySnapshot(() => listPostsTogether(3), file)).toBe(3)
    const text =
      '-- 2 queries\nselect id, author_id from posts order by id limit ?\nselect id, name from authors where id = any(?)\n'
    expect(readFileSync(file, 'utf8')).toBe(text)
    await expectQuerySnapshot(() => listPostsTogether(5), file)
    const message = await failureOf(expectQuerySnapshot(() => listPosts(3), file))
    expect(message).toContain('NONPLUS_UPDATE_SNAPSHOTS=1 writes it anew.')
    expect(message).toMatch(/^- select id, name from authors where id = any\(\?\)$/m)
    expect(message).toMatch(/^\+ 3 × select name from authors where id = \?$/m)
    expect(readFileSync(file, 'utf8')).toBe(text)
    vi.stubEnv('NONPLUS_UPDATE_SNAPSHOTS', '1')
    await expectQuerySnapshot(() => listPosts(3), file)
    expect(readFileSync(file, 'utf8')).toContain('3 × select name')
  })

  test('in CI a file that is missing fails, and is not written', async () => {
    vi.stubEnv('CI', 'true')
    const file = join(folder, 'missing.sql')
    const message = await failureOf(expectQuerySnapshot(() => findPosts(1), file))
    expect(message).toContain('is missing, and in CI it is not written')
    expect(existsSync(file)).toBe(false)
  })

  test('what runs at once is in alphabetical order, however it came', async () => {
    vi.stubEnv('CI', '')
    const file = new URL(`file://${join(folder, 'once.sql')}`)
    const slow = (): Promise<unknown> => pool.query('select pg_sleep(0.05)')
    await expectQuerySnapshot(() => Promise.all([slow(), findPosts(1)]), file)
    await expectQuerySnapshot(() => Promise.all([findPosts(1), slow()]), file)
  })
})

describe('where nothing is watched', () => {
  test.each([
    ['expectQueries', () => expectQueries(() => 1, 0)],
    ['expectNoQueries', () => expectNoQueries(() => 1)],
    ['expectNoNPlusOne', () => expectNoNPlusOne(() => 1)],
    ['expectNoFindings', () => expectNoFindings(() => 1)],
    ['expectConstantGrowth', () => expectConstantGrowth(() => 1)],
    ['expectWithinBudget', () => expectWithinBudget(() => 1, { queries: 1 })],
  ])('%s fails', async (_name, call) => {
    const { state } = await import('../../src/instrument/state.ts')
    const drivers = [...state.drivers]
    state.drivers.clear()
    vi.stubEnv('NONPLUS', '0')
    try {
      expect(await failureOf(call())).toContain('NONPLUS=0 is set')
    } finally {
      for (const [key, driver] of drivers) state.drivers.set(key, driver)
    }
  })
})
