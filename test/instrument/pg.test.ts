import { createRequire } from 'node:module'
import pg from 'pg'
import Cursor from 'pg-cursor'
import PgPool from 'pg-pool'
import QueryStream from 'pg-query-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { installLoader } from '../../src/instrument/loader.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { createDatabase } from '../create-database.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { addressIn, here, lineOf, record } from './record.ts'

const url = await createDatabase('pg')
instrument(pg)

let pool: pg.Pool
let client: pg.Client

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 2 })
  client = new pg.Client(url)
  await client.connect()
  await client.query('create table authors (id int primary key, name text)')
  await client.query("insert into authors select n, 'author ' || n from generate_series(1, 20) n")
  await Promise.all([pool.query('select 1'), pool.query('select 1')])
})

afterAll(async () => {
  await pool.end()
  await client.end()
})

const TEXT = 'select * from authors where id = $1'

const forms: [name: string, call: () => Promise<unknown>][] = [
  ['client: text and values', () => client.query(TEXT, [3])],
  ['client: config', () => client.query({ text: TEXT, values: [3] })],
  ['client: config and values', () => client.query({ text: TEXT }, [3])],
  ['client: named prepared', () => client.query({ name: 'by-id', text: TEXT, values: [3] })],
  ['client: named prepared again', () => client.query({ name: 'by-id', text: TEXT, values: [3] })],
  ['client: array rows', () => client.query({ text: TEXT, values: [3], rowMode: 'array' })],
  ['client: callback after values', () => called((done) => client.query(TEXT, [3], done))],
  ['client: callback after config', () => called((done) => client.query({ text: TEXT, values: [3] }, done))],
  [
    'client: callback in config',
    () => called((done) => client.query({ text: TEXT, values: [3], callback: done } as never)),
  ],
  ['client: new Query with a callback', () => called((done) => client.query(new pg.Query(TEXT, [3], done) as never))],
  ['client: new Query and its end event', () => ended(client.query(new pg.Query(TEXT, [3]) as never))],
  ['pool: text and values', () => pool.query(TEXT, [3])],
  ['pool: config', () => pool.query({ text: TEXT, values: [3] })],
  ['pool: callback', () => called((done) => pool.query(TEXT, [3], done))],
  ['pool: checkout by promise', () => withClient((checkedOut) => checkedOut.query(TEXT, [3]))],
  ['pool: checkout by callback', () => called((done) => queryInCheckout(done))],
]

type Done = (error: Error | null | undefined, result: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

function ended(query: { once(event: string, listener: (result: unknown) => void): unknown }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    query.once('end', resolve)
    query.once('error', reject)
  })
}

async function withClient<Result>(use: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const checkedOut = await pool.connect()
  try {
    return await use(checkedOut)
  } finally {
    checkedOut.release()
  }
}

function askInCheckout(request: number, done: Done): void {
  pool.connect((error, checkedOut, release) => {
    if (error !== undefined || checkedOut === undefined) return done(error, undefined)
    checkedOut.query('select $1::int as request', [request], (failure, result) => {
      release()
      done(failure, result)
    })
  })
}

function queryInCheckout(done: Done): void {
  pool.connect((error, checkedOut, release) => {
    if (error !== undefined || checkedOut === undefined) return done(error, undefined)
    checkedOut.query(TEXT, [3], (failure, result) => {
      release()
      done(failure, result)
    })
  })
}

describeDriver({
  name: 'pg',
  forms,
  expected: { text: TEXT, parameters: [3], rows: 1 },
  failures: [
    ['client', () => client.query('select * from nothing_here'), '42P01'],
    ['client, callback', () => called((done) => client.query('select * from nothing_here', done)), '42P01'],
    ['pool', () => pool.query('select * from nothing_here'), '42P01'],
    ['pool, callback', () => called((done) => pool.query('select * from nothing_here', done)), '42P01'],
  ],
  pooled: [
    ['promise', (request) => pool.query('select $1::int as request', [request])],
    ['callback', (request) => called((done) => pool.query('select $1::int as request', [request], done))],
    ['checkout', (request) => withClient((checkedOut) => checkedOut.query('select $1::int as request', [request]))],
    ['checkout by callback', (request) => called((done) => askInCheckout(request, done))],
  ],
  address: () => addressIn(url),
  poolSize: 2,
  hookAgain: () => instrument(pg),
})

describe('call sites', () => {
  test('the line of a pool query', async () => {
    let line = ''
    const { started } = await record(async () => {
      line = here(1)
      await pool.query(TEXT, [1])
    })
    expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
  })
})

describe('cursors and streams', () => {
  test('a cursor is one execution, however often it is read', async () => {
    const { started, ended } = await record(async () => {
      const cursor = client.query(new Cursor('select * from authors order by id'))
      const ids: number[] = []
      for (let rows = await cursor.read(6); rows.length > 0; rows = await cursor.read(6))
        ids.push(...rows.map((row) => row.id))
      await cursor.close()
      return ids
    })
    expect(started.map(facts)).toEqual([
      { text: 'select * from authors order by id', parameters: undefined, rows: 20, error: undefined },
    ])
    expect(ended).toEqual(started)
    expect(started[0]?.result?.rows).toHaveLength(20)
  })

  test('a cursor closed early ends with the rows it read', async () => {
    const { ended } = await record(async () => {
      const cursor = client.query(new Cursor('select * from authors'))
      await cursor.read(5)
      await cursor.close()
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select * from authors', parameters: undefined, rows: 5, error: undefined },
    ])
  })

  test('a stream is one execution, and its handlers run in its scope', async () => {
    const scopes = new Set<unknown>()
    const { result, ended, scope } = await record(
      () =>
        new Promise<number>((resolve, reject) => {
          let rows = 0
          const stream = client.query(new QueryStream('select * from authors where id > $1', [10]))
          stream.on('data', () => {
            rows++
            scopes.add(currentScope())
          })
          stream.on('end', () => resolve(rows))
          stream.on('error', reject)
        }),
    )
    expect(result).toBe(10)
    expect(ended.map(facts)).toEqual([
      { text: 'select * from authors where id > $1', parameters: ['10'], rows: 10, error: undefined },
    ])
    expect([...scopes]).toEqual([scope])
  })

  test('an error of a cursor ends it', async () => {
    const { ended } = await record(async () => {
      const cursor = client.query(new Cursor('select * from nothing_here'))
      await expect(cursor.read(1)).rejects.toMatchObject({ code: '42P01' })
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select * from nothing_here', parameters: undefined, rows: 0, error: '42P01' },
    ])
  })
})

describe('several statements, errors, timeouts, cancelling', () => {
  test('several statements in one text are one execution with the rows of all', async () => {
    const { result, ended } = await record(() => client.query('select 1; select * from authors where id < 4'))
    expect(result).toHaveLength(2)
    expect(ended.map(({ rows }) => rows)).toEqual([4])
  })

  test('a query that times out in the client ends with that error', async () => {
    const slow = new pg.Client({ connectionString: url, query_timeout: 50 })
    await slow.connect()
    const { ended } = await record(async () => {
      await expect(slow.query('select pg_sleep(0.3)')).rejects.toThrow('Query read timeout')
    })
    expect(ended.map(({ error }) => (error as Error).message)).toEqual(['Query read timeout'])
    await new Promise((resolve) => setTimeout(resolve, 400))
    await slow.end()
  })

  test('a query cancelled by the server ends with its code', async () => {
    const { ended } = await record(async () => {
      const pid = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
      const sleeping = client.query('select pg_sleep(5)')
      const rejected = expect(sleeping).rejects.toMatchObject({ code: '57014' })
      await new Promise((resolve) => setTimeout(resolve, 50))
      await pool.query('select pg_cancel_backend($1)', [pid])
      await rejected
    })
    const codes = ended.map(({ error }) => (error as { code?: string } | undefined)?.code)
    expect(codes.sort()).toEqual(['57014', undefined, undefined])
  })

  test('a closed client rejects, and the execution ends', async () => {
    const closed = new pg.Client(url)
    await closed.connect()
    await closed.end()
    const { ended } = await record(async () => {
      await expect(closed.query('select 1')).rejects.toThrow('Client was closed and is not queryable')
      await expect(called((done) => closed.query('select 1', done))).rejects.toThrow('not queryable')
    })
    expect(ended).toHaveLength(2)
  })

  test('a pool whose server is away rejects, and the execution ends', async () => {
    const away = new pg.Pool({ host: '127.0.0.1', port: 1 })
    const { ended } = await record(async () => {
      await expect(away.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })
    expect(ended.map(({ error }) => (error as { code: string }).code)).toEqual(['ECONNREFUSED'])
    await away.end()
  })

  test('wrong use throws what the driver throws', async () => {
    const { started } = await record(() => {
      expect(() => client.query(null as never)).toThrow('Client was passed a null or undefined query')
      expect(() => client.query('select 1', [], 'no function' as never)).toThrow('callback is not a function')
    })
    expect(started.map(({ hasEnded }) => hasEnded)).toEqual([true])
  })

  test('transactions are recorded statement by statement', async () => {
    const { ended } = await record(() =>
      withClient(async (checkedOut) => {
        await checkedOut.query('begin')
        await checkedOut.query("update authors set name = 'x' where id = 1")
        await checkedOut.query('rollback')
      }),
    )
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
      ['begin', 0],
      ["update authors set name = 'x' where id = 1", 1],
      ['rollback', 0],
    ])
    expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
  })
})

describe('many at once on one client', () => {
  test.each([
    ['queued', {}],
    ['pipelined', { pipeline: true }],
  ])('%s, each is one execution with its own rows', async (_name, options) => {
    const one = new pg.Client({ connectionString: url, ...options } as pg.ClientConfig)
    await one.connect()
    const { result, ended, scope } = await record(() =>
      Promise.all(
        [3, 5, 7, 0, 9].map((limit) =>
          limit === 0
            ? one.query('select 1 / $1::int', [0]).catch((error: { code: string }) => error.code)
            : one.query('select * from authors limit $1', [limit]).then(({ rows }) => rows.length),
        ),
      ),
    )
    expect(result).toEqual([3, 5, 7, '22012', 9])
    expect(ended.map(({ parameters, rows }) => [parameters?.[0], rows])).toEqual([3, 5, 7, 0, 9].map((n) => [n, n]))
    expect(ended.every((message) => message.scope === scope)).toBe(true)
    await one.end()
  })

  test('sent before the connection is open', async () => {
    const early = new pg.Client(url)
    const { ended } = await record(async () => {
      const connected = early.connect()
      const [first] = await Promise.all([early.query('select 1'), early.query('select 2'), connected])
      return first
    })
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
      ['select 1', 1],
      ['select 2', 1],
    ])
    await early.end()
  })
})

describe('scopes', () => {
  test('what a callback sends next is filed under its own scope', async () => {
    const chains = Array.from({ length: 6 }, (_, request) =>
      record(
        () =>
          new Promise<void>((resolve, reject) => {
            const next = (left: number): void => {
              if (left === 0) resolve()
              else pool.query('select $1::int', [request], (error) => (error ? reject(error) : next(left - 1)))
            }
            next(5)
          }),
        `chain ${request}`,
      ),
    )
    const [recording] = await Promise.all(chains)
    const wrong = recording?.started.filter(({ scope, parameters }) => scope.name !== `chain ${parameters?.[0]}`)
    expect(wrong).toEqual([])
    expect(recording?.scope.name).toBe('chain 0')
  })
})

describe('what the caller observes is as without nonplus', () => {
  test('a promise that finds its line at once is the promise of the driver', async () => {
    const original = pg.Client.prototype.query
    await record(async () => {
      const promise = client.query('select 1')
      expect(Object.getPrototypeOf(promise)).toBe(Promise.prototype)
      await promise
    })
    expect([original.name, original.length]).toEqual(['query', 3])
  })

  test('no deprecation warning of the driver is caused by us', async () => {
    const warnings: string[] = []
    const listener = (warning: Error) => warnings.push(warning.message)
    process.on('warning', listener)
    await record(async () => {
      await client.query('select 1')
      await pool.query('select 1')
      await new Promise((resolve) => setTimeout(resolve, 20))
    })
    process.off('warning', listener)
    expect(warnings.filter((message) => /activeQuery|queryQueue/.test(message))).toEqual([])
  })

  test('submittables come back as they went in', async () => {
    await record(async () => {
      const query = new pg.Query('select 1')
      expect(client.query(query as never)).toBe(query)
      await ended(query as never)
      const cursor = new Cursor('select 1')
      expect(client.query(cursor)).toBe(cursor)
      await cursor.close()
    })
  })

  test('an unhandled rejection stays one, with the error of the driver', async () => {
    const seen: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => seen.push((reason as { code: string }).code))
    await record(async () => {
      void client.query('select * from nothing_here')
      void pool.query('select * from nothing_here')
      await new Promise((resolve) => setTimeout(resolve, 100))
    })
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
    expect(seen).toEqual(['42P01', '42P01'])
  })

  test('drivers found among the loaded modules are hooked once, and nothing else is', async () => {
    installLoader()
    const { started } = await record(async () => {
      await pool.query('select 1')
      await client.query('select 2')
    })
    expect(started.map(({ text }) => text)).toEqual(['select 1', 'select 2'])
  })

  test('pg-pool used directly is one execution per call', async () => {
    const direct = new PgPool({ connectionString: url, max: 1 }, pg.Client)
    await direct.query('select 1')
    const { started } = await record(() => direct.query(TEXT, [2]))
    expect(started.map(facts)).toEqual([{ text: TEXT, parameters: [2], rows: 1, error: undefined }])
    await direct.end()
  })
})

describe('copies of pg', () => {
  test('a second, older copy in the same process is watched beside the first', async () => {
    const oldest = createRequire(import.meta.url)('pg-oldest') as typeof pg
    instrument(oldest)
    const oldClient = new oldest.Client(url)
    await oldClient.connect()
    const oldPool = new oldest.Pool({ connectionString: url, max: 1 })
    await oldPool.query('select 1')
    const { ended, scope } = await record(async () => {
      await oldClient.query(TEXT, [3])
      await oldClient.query({ name: 'named', text: TEXT, values: [3] })
      await called((done) => oldClient.query(TEXT, [3], done))
      await oldPool.query(TEXT, [3])
      await called((done) => oldPool.query(TEXT, [3], done))
      await pool.query(TEXT, [3])
    })
    expect(ended.map(facts)).toEqual(Array(6).fill({ text: TEXT, parameters: [3], rows: 1, error: undefined }))
    expect(ended.every((message) => message.scope === scope)).toBe(true)
    const versions = [...state.drivers.values()].map(({ name, version }) => `${name} ${version}`)
    expect(versions).toContain('pg 8.0.3')
    await oldClient.end()
    await oldPool.end()
  })
})

describe('taking the hooks out', () => {
  test('restores the methods of the driver, and hooking again works', async () => {
    const hooked = pg.Client.prototype.query
    unpatchAll()
    expect(pg.Client.prototype.query).not.toBe(hooked)
    const { started } = await record(async () => {
      await client.query('select 1')
      await pool.query('select 1')
    })
    expect(started).toEqual([])
    instrument(pg)
    const { started: again } = await record(() => pool.query('select 1'))
    expect(again).toHaveLength(1)
  })
})
