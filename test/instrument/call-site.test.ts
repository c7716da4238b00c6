import { fileURLToPath } from 'node:url'
import { runInThisContext } from 'node:vm'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { captureCallSite, isApplicationFile } from '../../src/instrument/call-site.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import { createDatabase } from '../create-database.ts'
import { here, lineOf, record } from './record.ts'

const url = await createDatabase('call-site')
instrument(pg)

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 2 })
  await Promise.all([pool.query('select 1'), pool.query('select 1')])
})

afterAll(() => pool.end())

interface Library {
  lazy(pool: pg.Pool, text: string): PromiseLike<pg.QueryResult>
  deep(pool: pg.Pool, text: string, depth: number): Promise<pg.QueryResult>
  twoReactions(pool: pg.Pool, text: string): Promise<pg.QueryResult>
  later(pool: pg.Pool, text: string): Promise<pg.QueryResult>
  laterWithCallback(pool: pg.Pool, text: string, done: (result: pg.QueryResult) => void): void
  throughCallback(pool: pg.Pool, text: string, done: (result: pg.QueryResult) => void): void
}

/** Query builders as packages in node_modules write them: their frames are never the user's line. */
const library = runInThisContext(
  `({
    lazy(pool, text) {
      return { then: (resolve, reject) => pool.query(text).then(resolve, reject) }
    },
    async deep(pool, text, depth) {
      await null
      return depth === 0 ? await pool.query(text) : await this.deep(pool, text, depth - 1)
    },
    twoReactions(pool, text) {
      const promise = new Promise((resolve, reject) => {
        pool.connect((error, client, release) => {
          if (error) return reject(error)
          client.query(text).then((result) => { release(); resolve(result) }, (failure) => { release(); reject(failure) })
        })
      })
      promise.catch(() => {})
      return promise
    },
    later(pool, text) {
      return new Promise((resolve, reject) => setTimeout(() => pool.query(text).then(resolve, reject), 1))
    },
    laterWithCallback(pool, text, done) {
      setTimeout(() => pool.query(text, (error, result) => done(result)), 1)
    },
    throughCallback(pool, text, done) {
      pool.query(text, (error, result) => done(result))
    },
  })`,
  { filename: '/srv/app/node_modules/builder/index.js' },
) as Library

describe('the line of the application', () => {
  test('that awaits a thenable query builder', async () => {
    let line = ''
    const { started } = await record(async () => {
      const query = library.lazy(pool, 'select 1')
      line = here(1)
      await query
    })
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })

  test('that awaits Promise.all of them, marked concurrent', async () => {
    let line = ''
    const { started } = await record(async () => {
      const queries = [1, 2, 3].map((id) => library.lazy(pool, `select ${id}`))
      line = here(1)
      await Promise.all(queries)
    })
    expect(started.map(({ callSite }) => [lineOf(callSite), callSite?.concurrent])).toEqual(Array(3).fill([line, true]))
  })

  test('under thirty frames of a library', async () => {
    let line = ''
    const { started } = await record(async () => {
      line = here(1)
      await library.deep(pool, 'select 1', 30)
    })
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })

  test('that had the pool asked for a client, where the promise has two reactions', async () => {
    let line = ''
    const { started } = await record(async () => {
      line = here(1)
      await library.twoReactions(pool, 'select 1')
    })
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })

  test('that passes a callback', async () => {
    let line = ''
    const { started } = await record(
      () =>
        new Promise((resolve) => {
          line = here(1)
          library.throughCallback(pool, 'select 1', resolve)
        }),
    )
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })

  test('in a method whose name looks like a path, as another formatter tells it', async () => {
    const routes = {
      'GET /posts': () => pool.query('select 1'),
      'GET (/posts)': () => pool.query('select 1'),
      '/srv:1:2': () => pool.query('select 1'),
    }
    const previous = Error.prepareStackTrace
    // as formatters of loaders write frames: the text is V8's
    Error.prepareStackTrace = (error, sites) => [error, ...sites.map((site) => `    at ${site}`)].join('\n')
    try {
      const { started } = await record(() => Promise.all(Object.values(routes).map((route) => route())))
      const files = started.map(({ callSite }) => callSite?.frames[0]?.mapped?.file)
      expect(files).toEqual(Array(3).fill(fileURLToPath(import.meta.url)))
    } finally {
      Error.prepareStackTrace = previous
    }
  })

  test('of a helper comes first, then its callers, four frames at most', async () => {
    const helper = () => pool.query('select 1')
    const caller = async () => {
      const result = await helper()
      return result
    }
    const { started } = await record(async () => {
      await caller()
    })
    const names = started[0]?.callSite?.frames.map((frame) => frame.function)
    expect(names?.slice(0, 2)).toEqual(['helper', 'caller'])
    expect(names?.length).toBeLessThanOrEqual(4)
  })

  test('that awaits what a timer of a library sends', async () => {
    let line = ''
    const { started } = await record(async () => {
      line = here(1)
      await library.later(pool, 'select 1')
    })
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })

  test('is not known where a timer of a library sends it with a callback', async () => {
    const { started } = await record(
      () => new Promise((resolve) => library.laterWithCallback(pool, 'select 1', resolve)),
    )
    expect(started.map(({ callSite, needsCallSite }) => [callSite, needsCallSite])).toEqual([[undefined, true]])
  })
})

describe('a replaced promise settles as the one of the driver', () => {
  test('with the same error', async () => {
    const expected = await pool.query('select nothing').catch((error: unknown) => error)
    const { result } = await record(async () => {
      const promise = library.deep(pool, 'select nothing', 0)
      return promise.catch((error: unknown) => error)
    })
    expect(result).toBeInstanceOf(Error)
    expect({ ...(result as object) }).toEqual({ ...(expected as object) })
  })

  test('and stays unhandled where nobody handles it, once', async () => {
    const seen: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push((reason as { code: string }).code))
    const fire = runInThisContext('(pool) => { setTimeout(() => { pool.query("select nothing") }, 1) }', {
      filename: '/srv/app/node_modules/builder/fire.js',
    }) as (pool: pg.Pool) => void
    await record(async () => {
      fire(pool)
      await new Promise((resolve) => setTimeout(resolve, 100))
    })
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(seen).toEqual(['42703'])
  })

  test('but a promise of another class is never replaced', async () => {
    class OtherPromise<Value> extends Promise<Value> {}
    const client = new pg.Client({ connectionString: url, Promise: OtherPromise } as never)
    await client.connect()
    const { ended } = await record(async () => {
      const ask = runInThisContext('(client) => client.query("select 1")', {
        filename: '/srv/app/node_modules/builder/ask.js',
      }) as (client: pg.Client) => Promise<unknown>
      const promise = await new Promise<Promise<unknown>>((resolve) =>
        setTimeout(() => resolve(ask(client)), 1).unref(),
      )
      return promise
    })
    expect(ended).toHaveLength(1)
    await client.end()
  })
})

describe('the settings of stacks', () => {
  test('are as they were, also for what the application sets', () => {
    const formatter = () => 'mine'
    const previous = { limit: Error.stackTraceLimit, formatter: Error.prepareStackTrace }
    Error.stackTraceLimit = 3
    Error.prepareStackTrace = formatter
    captureCallSite(here)
    expect([Error.stackTraceLimit, Error.prepareStackTrace]).toEqual([3, formatter])
    Error.stackTraceLimit = previous.limit
    Error.prepareStackTrace = previous.formatter
  })
})

describe('application files', () => {
  const cases: [file: string, isApplication: boolean][] = [
    ['/srv/app/src/posts.ts', true],
    ['file:///srv/app/src/posts.mjs', true],
    ['/srv/packages/database/index.js', true],
    ['/srv/app/.next/server/chunks/12.js', true],
    ['C:\\app\\src\\posts.ts', true],
    ['[eval]', true],
    ['/srv/app/node_modules/pg/lib/client.js', false],
    ['/srv/app/node_modules/.pnpm/pg@8/node_modules/pg/lib/client.js', false],
    ['C:\\app\\node_modules\\pg\\lib\\client.js', false],
    ['/srv/app/.yarn/cache/pg-8.zip/index.js', false],
    ['node:internal/process/task_queues', false],
    ['<anonymous>', false],
    ['wasm://wasm/7f', false],
    [new URL('../../src/instrument/message.ts', import.meta.url).pathname, false],
  ]
  test.each(cases)('%s: %s', (file, isApplication) => {
    expect(isApplicationFile(file)).toBe(isApplication)
  })
})
