import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import { int, mysqlTable, text } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import type mysqlTypes from 'mysql2'
import type promiseTypes from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { profile } from '../../src/profiler.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { addressIn, here, lineOf, record } from './record.ts'

const require = createRequire(import.meta.url)
const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined
const url = isMissing ? '' : await createMysqlDatabase('mysql2')

const authors = mysqlTable('authors', { id: int('id').primaryKey(), name: text('name') })

const TEXT = 'select * from authors where id = ?'
const BY_NUMBER = 'select cast(? as signed) as request'
const NOTHING = 'select * from nothing_here'

type Done = (error: Error | null, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

/** A command of mysql2, or a stream of its rows. */
interface Emitter {
  resume?(): unknown
  // biome-ignore lint/suspicious/noExplicitAny: each event has values of its own
  on(event: string, listener: (...values: any[]) => void): unknown
}

function rowsOf(command: Emitter): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = []
    command.on('result', (row) => rows.push(row))
    command.resume?.()
    command.on('error', reject)
    command.on('end', () => resolve(rows))
  })
}

describe.skipIf(isMissing).each([
  ['mysql2', '3.24.6', 'channel'],
  ['mysql2-patched', '3.19.1', 'patch'],
  ['mysql2-oldest', '3.0.1', 'patch'],
])(`%s${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, (name, version, via) => {
  const mysql = require(name) as typeof mysqlTypes
  const promises = require(`${name}/promise`) as typeof promiseTypes
  const hook = (): void => {
    instrument(mysql)
    instrument(promises)
  }

  let connection: mysqlTypes.Connection
  let pool: mysqlTypes.Pool
  let cluster: mysqlTypes.PoolCluster
  let promised: promiseTypes.Connection
  let promisedPool: promiseTypes.Pool
  let named: mysqlTypes.Connection
  let namedPool: mysqlTypes.Pool
  let several: promiseTypes.Connection
  let statement: mysqlTypes.PrepareStatementInfo
  let promisedStatement: promiseTypes.PreparedStatementInfo

  beforeAll(async () => {
    hook()
    connection = mysql.createConnection({ uri: url })
    promised = await promises.createConnection({ uri: url })
    await promised.query('create table if not exists authors (id int primary key, name text, age int, key (age))')
    await promised.query('replace into authors values ?', [
      Array.from({ length: 20 }, (_, index) => [index + 1, `author ${index + 1}`, index]),
    ])
    pool = mysql.createPool({ uri: url, connectionLimit: 2 })
    promisedPool = promises.createPool({ uri: url, connectionLimit: 2 })
    cluster = mysql.createPoolCluster()
    cluster.add('one', { uri: url, connectionLimit: 2 } as never)
    named = mysql.createConnection({ uri: url, namedPlaceholders: true })
    namedPool = mysql.createPool({ uri: url, connectionLimit: 1, namedPlaceholders: true })
    several = await promises.createConnection({ uri: url, multipleStatements: true })
    statement = (await called((done) => connection.prepare(TEXT, done as never))) as never
    promisedStatement = await promised.prepare(TEXT)
    await Promise.all([pool.promise().query('select sleep(0.05)'), pool.promise().query('select sleep(0.05)')])
    await Promise.all([promisedPool.query('select sleep(0.05)'), promisedPool.query('select sleep(0.05)')])
    const namespace = cluster.of('*')
    const warm = (): Promise<unknown> => called((done) => namespace.query('select sleep(0.05)', done as never))
    await Promise.all([warm(), warm()])
  })

  afterAll(async () => {
    for (const one of [connection, named]) await called((done) => one.end(done as never))
    for (const one of [promised, several]) await one.end()
    await called((done) => pool.end(done as never))
    await called((done) => namedPool.end(done as never))
    await called((done) => cluster.end(done as never))
    await promisedPool.end()
  })

  async function withConnection<Result>(use: (checkedOut: promiseTypes.PoolConnection) => Promise<Result>) {
    const checkedOut = await promisedPool.getConnection()
    try {
      return await use(checkedOut)
    } finally {
      checkedOut.release()
    }
  }

  function inCheckout(text: string, values: unknown[], done: Done): void {
    pool.getConnection((error, checkedOut) => {
      if (error) return done(error)
      checkedOut.query(text, values, (failure, result) => {
        checkedOut.release()
        done(failure, result)
      })
    })
  }

  const forms: [form: string, ask: () => Promise<unknown>][] = [
    ['connection: query', () => called((done) => connection.query(TEXT, [3], done))],
    ['connection: query with one value', () => called((done) => connection.query(TEXT, 3, done))],
    ['connection: query by options', () => called((done) => connection.query({ sql: TEXT, values: [3] }, done))],
    ['connection: query by options and values', () => called((done) => connection.query({ sql: TEXT }, [3], done))],
    [
      'connection: rows as arrays',
      () => called((done) => connection.query({ sql: TEXT, values: [3], rowsAsArray: true }, done)),
    ],
    [
      'connection: typeCast',
      () => called((done) => connection.query({ sql: TEXT, values: [3], typeCast: (_f, next) => next() }, done)),
    ],
    [
      'connection: nested tables',
      () => called((done) => connection.query({ sql: TEXT, values: [3], nestTables: true }, done)),
    ],
    [
      'connection: createQuery',
      () =>
        called((done) => {
          const { createQuery } = mysql as never as { createQuery(...args: unknown[]): never }
          connection.query(createQuery(TEXT, [3], done, {}))
        }),
    ],
    ['connection: events', () => rowsOf(connection.query(TEXT, [3]))],
    ['connection: stream', () => rowsOf(connection.query(TEXT, [3]).stream())],
    ['connection: execute', () => called((done) => connection.execute(TEXT, [3], done))],
    ['connection: execute again', () => called((done) => connection.execute(TEXT, [3], done))],
    ['connection: execute by options', () => called((done) => connection.execute({ sql: TEXT, values: [3] }, done))],
    ['connection: execute, events', () => rowsOf(connection.execute(TEXT, [3]))],
    ['connection: execute, stream', () => rowsOf(connection.execute(TEXT, [3]).stream())],
    ['connection: prepared', () => called((done) => statement.execute([3], done as never))],
    [
      'connection: prepared, events',
      () => rowsOf((statement as never as { execute(v: unknown): Emitter }).execute([3])),
    ],
    ['connection.promise(): query', () => connection.promise().query(TEXT, [3])],
    ['promises: query', () => promised.query(TEXT, [3])],
    ['promises: query by options', () => promised.query({ sql: TEXT, values: [3] })],
    ['promises: execute', () => promised.execute(TEXT, [3])],
    ['promises: execute by options', () => promised.execute({ sql: TEXT, values: [3] })],
    ['promises: prepared', () => promisedStatement.execute([3])],
    ['pool: query', () => called((done) => pool.query(TEXT, [3], done))],
    ['pool: query by options', () => called((done) => pool.query({ sql: TEXT, values: [3] }, done))],
    ['pool: events', () => rowsOf(pool.query(TEXT, [3]))],
    ['pool: stream', () => rowsOf(pool.query(TEXT, [3]).stream())],
    ['pool: execute', () => called((done) => pool.execute(TEXT, [3], done))],
    ['pool: execute by options', () => called((done) => pool.execute({ sql: TEXT, values: [3] }, [3], done as never))],
    ['pool.promise(): query', () => pool.promise().query(TEXT, [3])],
    ['pool.promise(): execute', () => pool.promise().execute(TEXT, [3])],
    ['pool of promises: query', () => promisedPool.query(TEXT, [3])],
    ['pool of promises: execute', () => promisedPool.execute(TEXT, [3])],
    ['pool of promises: checkout', () => withConnection((checkedOut) => checkedOut.query(TEXT, [3]))],
    ['pool: checkout by callback', () => called((done) => inCheckout(TEXT, [3], done))],
    ['cluster: query', () => called((done) => cluster.of('*').query(TEXT, [3], done as never))],
    ['cluster: execute', () => called((done) => cluster.of('*').execute(TEXT, [3], done as never))],
    ['cluster: events', () => rowsOf(cluster.of('*').query(TEXT, [3]) as never)],
    [
      'cluster: checkout',
      () =>
        called((done) => {
          cluster.getConnection((error, checkedOut) => {
            if (error) return done(error)
            checkedOut.query(TEXT, [3], (failure, result) => {
              checkedOut.release()
              done(failure, result)
            })
          })
        }),
    ],
  ]

  describeDriver({
    name,
    forms,
    expected: { text: TEXT, parameters: [3], rows: 1 },
    address: () => addressIn(url),
    poolSize: 2,
    failures: [
      ['callback', () => called((done) => connection.query(NOTHING, done)), 'ER_NO_SUCH_TABLE'],
      ['execute', () => called((done) => connection.execute(NOTHING, done)), 'ER_NO_SUCH_TABLE'],
      ['events', () => rowsOf(connection.query(NOTHING)), 'ER_NO_SUCH_TABLE'],
      ['execute, events', () => rowsOf(connection.execute(NOTHING)), 'ER_NO_SUCH_TABLE'],
      ['promise', () => promised.query(NOTHING), 'ER_NO_SUCH_TABLE'],
      ['promise, execute', () => promised.execute(NOTHING), 'ER_NO_SUCH_TABLE'],
      ['pool', () => called((done) => pool.query(NOTHING, done)), 'ER_NO_SUCH_TABLE'],
      ['pool, execute', () => called((done) => pool.execute(NOTHING, done)), 'ER_NO_SUCH_TABLE'],
      ['pool of promises', () => promisedPool.query(NOTHING), 'ER_NO_SUCH_TABLE'],
      ['pool of promises, execute', () => promisedPool.execute(NOTHING), 'ER_NO_SUCH_TABLE'],
      ['cluster', () => called((done) => cluster.of('*').query(NOTHING, done as never)), 'ER_NO_SUCH_TABLE'],
    ],
    pooled: [
      ['callback', (request) => called((done) => pool.query(BY_NUMBER, [request], done))],
      ['execute', (request) => called((done) => pool.execute(BY_NUMBER, [request], done))],
      ['events', (request) => rowsOf(pool.query(BY_NUMBER, [request]))],
      ['stream', (request) => rowsOf(pool.query(BY_NUMBER, [request]).stream())],
      ['pool.promise()', (request) => pool.promise().query(BY_NUMBER, [request])],
      ['promise', (request) => promisedPool.query(BY_NUMBER, [request])],
      ['promise, execute', (request) => promisedPool.execute(BY_NUMBER, [request])],
      ['checkout', (request) => withConnection((checkedOut) => checkedOut.query(BY_NUMBER, [request]))],
      ['checkout by callback', (request) => called((done) => inCheckout(BY_NUMBER, [request], done))],
      ['cluster', (request) => called((done) => cluster.of('*').query(BY_NUMBER, [request], done as never))],
      ['cluster, execute', (request) => called((done) => cluster.of('*').execute(BY_NUMBER, [request], done as never))],
    ],
    hookAgain: hook,
  })

  test('is watched as said', () => {
    expect([...state.drivers.values()]).toContainEqual({ name: 'mysql2', version, via })
  })

  describe('texts and values', () => {
    async function askedFor(ask: () => Promise<unknown>): Promise<unknown[]> {
      const { ended } = await record(ask)
      expect(ended).toHaveLength(1)
      return [ended[0]?.statement?.fingerprint, ended[0]?.parameters, ended[0]?.error]
    }

    test.each([
      ['query', () => called((done) => named.query('select :id + :id as n', { id: 2 }, done))],
      ['execute', () => called((done) => named.execute('select :id + :id as n', { id: 2 }, done))],
      ['pool, query', () => called((done) => namedPool.query('select :id + :id as n', { id: 2 }, done))],
      ['pool, execute', () => called((done) => namedPool.execute('select :id + :id as n', { id: 2 }, done))],
    ])('named placeholders: %s', async (_form, ask) => {
      expect(await askedFor(ask)).toEqual(['select ? + ? as n', [2, 2], undefined])
    })

    test('the list of an in', async () => {
      for (const asker of [promised, promisedPool]) {
        const asked = await askedFor(() => asker.query('select id from authors where id in (?)', [[1, 2]]))
        expect(asked).toEqual(['select id from authors where id in (?)', [[1, 2]], undefined])
      }
    })

    test('placeholders for more than a value are read as the server reads them', async () => {
      for (const asker of [promised, promisedPool]) {
        expect(await askedFor(() => asker.query('select ?? from ?? where id = ?', ['name', 'authors', 1]))).toEqual([
          'select name from authors where id = ?',
          undefined,
          undefined,
        ])
        const update = await askedFor(() => asker.query('update authors set ? where id = ?', [{ age: 4 }, 5]))
        expect(update).toEqual(['update authors set age = ? where id = ?', undefined, undefined])
      }
    })

    test('values written into the text by the application', async () => {
      const { ended } = await record(() => promised.query('select * from authors where id = 3'))
      expect(ended.map(facts)).toEqual([
        { text: 'select * from authors where id = 3', parameters: undefined, rows: 1, error: undefined },
      ])
    })
  })

  describe('results', () => {
    test('several statements in one text are one execution with the rows of all', async () => {
      const { result, ended } = await record(() => several.query('select 1; select * from authors where id < 4'))
      expect((result as unknown[][])[0]).toHaveLength(2)
      expect(ended.map(({ rows }) => rows)).toEqual([4])
    })

    test('a stored procedure', async () => {
      const procedure = `young_${name.replaceAll('-', '_')}`
      await promised.query(`create procedure ${procedure}(in top int) select * from authors where id <= top`)
      const { ended } = await record(async () => {
        await promised.query(`call ${procedure}(?)`, [6])
        await promised.execute(`call ${procedure}(?)`, [7])
      })
      expect(ended.map(({ rows, parameters }) => [rows, parameters])).toEqual([
        [6, [6]],
        [7, [7]],
      ])
    })

    test('what was changed counts, also in events', async () => {
      const text = 'update authors set age = age + 1 where id > ?'
      const { ended } = await record(async () => {
        await promised.query(text, [15])
        await promised.execute(text, [16])
        await rowsOf(connection.query(text, [17]))
      })
      expect(ended.map(({ rows }) => rows)).toEqual([5, 4, 3])
    })

    test('columns with their origin', async () => {
      const { ended } = await record(() => promised.query('select a.id as nr, a.id + 1 as next from authors a limit 1'))
      const database = new URL(url).pathname.slice(1)
      expect(ended[0]?.driver.columnsOf(ended[0].result?.fields)).toEqual([
        { name: 'nr', origin: `${database}.authors.id` },
        { name: 'next' },
      ])
    })

    test('what the server says of indexes', async () => {
      const { ended } = await record(async () => {
        await promised.query('select id from authors where id = 3')
        await promised.query('select id from authors where name = ?', ['author 3'])
        await promised.execute('select id from authors where name = ?', ['author 3'])
        await promised.query("update authors set age = 1 where name = 'nobody'")
        await promised.query('update authors set age = 1 where id = 0')
        await rowsOf(connection.query('select id from authors where name = "author 3"'))
      })
      expect(ended.map(({ noIndexUsed }) => noIndexUsed)).toEqual([false, true, true, true, false, true])
    })

    test('the wait for a connection, and the connection', async () => {
      const { ended } = await record(() =>
        Promise.all([1, 2, 3, 4].map(() => promisedPool.query('select sleep(0.02)'))),
      )
      const waits = ended.map(({ acquiredAt, startedAt }) => acquiredAt - startedAt).sort((a, b) => a - b)
      expect(waits[0]).toBeLessThan(15)
      expect(waits.at(-1)).toBeGreaterThan(10)
      expect(new Set(ended.map(({ connection: number }) => number)).size).toBe(2)
    })
  })

  describe('transactions, errors, timeouts, lost connections', () => {
    test('a transaction is recorded statement by statement, on one connection', async () => {
      const { ended } = await record(() =>
        withConnection(async (checkedOut) => {
          await checkedOut.beginTransaction()
          await checkedOut.execute('update authors set age = 3 where id = ?', [1])
          await checkedOut.rollback()
        }),
      )
      expect(ended.map(({ text }) => text)).toEqual([
        'START TRANSACTION',
        'update authors set age = 3 where id = ?',
        'ROLLBACK',
      ])
      expect(new Set(ended.map(({ connection: number }) => number)).size).toBe(1)
      expect(ended.every(({ callSite }) => callSite?.frames[0] !== undefined)).toBe(true)
    })

    test('a timeout of the driver', async () => {
      const slow = mysql.createConnection({ uri: url })
      const { ended } = await record(async () => {
        const ask = called((done) => slow.query({ sql: 'select sleep(0.3)', timeout: 40 }, done))
        await expect(ask).rejects.toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' })
      })
      expect(ended.map(({ error }) => (error as { code: string }).code)).toEqual(['PROTOCOL_SEQUENCE_TIMEOUT'])
      slow.destroy()
    })

    test('a connection that the server ends, with and without a callback', async () => {
      const [one, other] = await Promise.all([mysql, mysql].map(() => mysql.createConnection({ uri: url })))
      for (const lost of [one, other]) lost?.on('error', () => {})
      const { ended, started } = await record(async () => {
        const ids = await Promise.all([one, other].map((lost) => lost?.promise().query('select connection_id() as id')))
        const asked = called((done) => one?.query('select sleep(5)', done)).catch(
          (error: { code: string }) => error.code,
        )
        other?.query('select sleep(6)')
        await sleep(50)
        for (const answer of ids) await promised.query(`kill ${(answer as never as [[{ id: number }]])[0][0].id}`)
        expect(await asked).toBe('PROTOCOL_CONNECTION_LOST')
        await sleep(50)
      })
      const sleeping = ended.filter(({ text }) => text.includes('sleep'))
      expect(sleeping.map(({ error }) => (error as { code: string }).code)).toEqual(
        Array(2).fill('PROTOCOL_CONNECTION_LOST'),
      )
      expect(started.every(({ hasEnded }) => hasEnded)).toBe(true)
    })

    test('a connection that is closed', async () => {
      const closed = await promises.createConnection({ uri: url })
      await closed.end()
      const { ended } = await record(async () => {
        await expect(closed.query('select 1')).rejects.toThrow('closed state')
        await expect(closed.execute('select 2')).rejects.toThrow('closed state')
      })
      expect(ended.map(({ text }) => text)).toEqual(['select 1', 'select 2'])
      expect(ended.every(({ error }) => /closed state/.test((error as Error).message))).toBe(true)
    })

    test('a connection that is destroyed', async () => {
      const destroyed = await promises.createConnection({ uri: url })
      destroyed.destroy()
      const { ended } = await record(() => expect(destroyed.query('select 1')).rejects.toThrow('closed state'))
      expect(ended).toHaveLength(1)
    })

    test('a pool whose server is away', async () => {
      const away = promises.createPool({ host: '127.0.0.1', port: 1 })
      const { ended } = await record(async () => {
        await expect(away.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        await expect(away.execute('select 2')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      })
      expect(ended.map(({ text, error }) => [text, (error as { code: string }).code])).toEqual([
        ['select 1', 'ECONNREFUSED'],
        ['select 2', 'ECONNREFUSED'],
      ])
      await away.end().catch(() => {})
    })

    test('a pool that is closed, and one whose queue is full', async () => {
      const full = promises.createPool({ uri: url, connectionLimit: 1, queueLimit: 1 })
      const { ended } = await record(async () => {
        const asked = [1, 2, 3].map((n) => full.query(`select ${n}`).catch((error: Error) => error.message))
        expect(await asked[2]).toBe('Queue limit reached.')
        await Promise.all(asked)
        await full.end()
        await expect(full.query('select 4')).rejects.toThrow('Pool is closed.')
      })
      expect(ended.map(({ text }) => text).sort()).toEqual(['select 1', 'select 2', 'select 3', 'select 4'])
      expect(ended.filter(({ error }) => error !== undefined)).toHaveLength(2)
    })

    test('wrong use is refused as without nonplus, and ends', async () => {
      const { started } = await record(async () => {
        expect(() => promised.query('select 1', (() => {}) as never)).toThrow('not available with promise clients')
        await expect(promised.execute('select ?', [undefined] as never)).rejects.toThrow('must not contain undefined')
        await expect(promisedPool.execute('select ?', [undefined] as never)).rejects.toThrow(
          'must not contain undefined',
        )
        expect(() => connection.query(null as never)).toThrow(TypeError)
      })
      expect(started.map(({ hasEnded }) => hasEnded)).toEqual([true])
    })
  })

  describe('scopes and lines', () => {
    test('callbacks and events run in the scope of their statement', async () => {
      // opened outside: whatever the socket calls is outside too
      const asks: [string, () => Promise<unknown>][] = [
        ['query', () => called((done) => connection.query(TEXT, [1], () => done(null, currentScope()?.name)))],
        ['execute', () => called((done) => connection.execute(TEXT, [1], () => done(null, currentScope()?.name)))],
        ['prepared', () => called((done) => statement.execute([1], () => done(null, currentScope()?.name)))],
        ['failure', () => called((done) => connection.execute(NOTHING, () => done(null, currentScope()?.name)))],
        ['pool', () => called((done) => pool.query(TEXT, [1], () => done(null, currentScope()?.name)))],
        ['checkout', () => called((done) => inCheckout(TEXT, [1], () => done(null, currentScope()?.name)))],
        ...['fields', 'result', 'end'].map((event): [string, () => Promise<unknown>] => [
          event,
          () => called((done) => pool.query(TEXT, [1]).on(event as never, () => done(null, currentScope()?.name))),
        ]),
        ...['data', 'end'].map((event): [string, () => Promise<unknown>] => [
          `stream ${event}`,
          () =>
            called((done) => {
              const stream = pool.query('select * from authors').stream({ highWaterMark: 2 })
              stream.on(event, () => done(null, currentScope()?.name))
              stream.resume()
            }),
        ]),
      ]
      const answers = await Promise.all(asks.map(async ([ask, run]) => [ask, (await record(run, ask)).result] as const))
      expect(answers).toEqual(asks.map(([ask]) => [ask, ask]))
    })

    test('the callback of what was sent outside any scope is in none', async () => {
      const outside = new Promise((resolve) => {
        pool.query('select sleep(0.02)', () => resolve(currentScope()))
      })
      await record(() => Promise.all([1, 2, 3].map(() => pool.promise().query('select sleep(0.01)'))))
      expect(await outside).toBeUndefined()
    })

    test('chains of callbacks stay in their scope', async () => {
      const chains = Array.from({ length: 6 }, (_, request) =>
        record(
          () =>
            new Promise<void>((resolve, reject) => {
              const next = (left: number): void => {
                if (left === 0) {
                  resolve()
                  return
                }
                const send = (left % 2 === 0 ? pool.query : pool.execute) as (...args: unknown[]) => unknown
                send.call(pool, BY_NUMBER, [request], (error: unknown) => (error ? reject(error) : next(left - 1)))
              }
              next(6)
            }),
          `chain ${request}`,
        ),
      )
      const started = new Set((await Promise.all(chains)).flatMap((recording) => recording.started))
      expect(started.size).toBe(36)
      expect([...started].filter(({ scope, parameters }) => scope.name !== `chain ${parameters?.[0]}`)).toEqual([])
    })

    test('the line of a call', async () => {
      const lines: string[] = []
      const { ended } = await record(async () => {
        lines.push(here(1))
        await promisedPool.query(TEXT, [1])
        lines.push(here(1))
        await pool.promise().execute(TEXT, [1])
        lines.push(here(1))
        await called((done) => pool.query(TEXT, [1], done))
      })
      expect(ended.map(({ callSite }) => lineOf(callSite))).toEqual(lines)
    })

    test.each([
      ['a pool of promises', () => promisedPool],
      ['a pool', () => pool],
      ['a connection', () => promised],
    ])('the line where a builder sends from a job of its own: Drizzle on %s', async (_name, clientOf) => {
      const db = drizzle({ client: clientOf() as never })
      const byId = (id: number) => db.select().from(authors).where(eq(authors.id, id))
      const lines: string[] = []
      const { ended } = await record(async () => {
        lines.push(here(1))
        await byId(1)
        lines.push(here(1), here(1))
        await Promise.all([byId(2), byId(3)])
      })
      expect(ended.map(({ callSite }) => lineOf(callSite))).toEqual(lines)
      expect(ended.map(({ callSite }) => callSite?.concurrent)).toEqual([false, true, true])
      expect(ended.map(({ rows }) => rows)).toEqual([1, 1, 1])
      expect(ended.map(({ parameters }) => parameters).sort()).toEqual([[1], [2], [3]])
    })
  })

  describe('what the caller observes is as without nonplus', () => {
    test('a promise that finds its line at once is the promise of the driver', async () => {
      await record(async () => {
        const promise = promised.query('select 1')
        expect(Object.getPrototypeOf(promise)).toBe(Promise.prototype)
        await promise
      })
    })

    test('a command comes back with its own class, and is still no thenable', async () => {
      await record(async () => {
        const command = connection.query('select 1') as never as { then(): void; constructor: { name: string } }
        expect(command.constructor.name).toBe('Query')
        expect(Object.keys(command)).not.toContain('emit')
        const { log } = console
        console.log = () => {}
        expect(() => command.then()).toThrow('not a promise')
        console.log = log
        await rowsOf(command as never)
      })
    })

    // 3.0 ends the process over it, with nonplus and without
    test.skipIf(version === '3.0.1')('an error that nobody listens to breaks the connection', async () => {
      const broken = mysql.createConnection({ uri: url })
      const seen = new Promise((resolve) => {
        broken.on('error', (error: { code: string }) => resolve(error.code))
      })
      const { ended } = await record(async () => {
        broken.query(NOTHING)
        expect(await seen).toBe('ER_NO_SUCH_TABLE')
      })
      expect(ended.map(facts)).toMatchObject([{ text: NOTHING, error: 'ER_NO_SUCH_TABLE' }])
    })

    test('an unhandled rejection stays one, with the error of the driver', async () => {
      const seen: unknown[] = []
      const listeners = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection')
      process.on('unhandledRejection', (reason) => {
        const { code, cause } = reason as { code?: string; cause?: { code: string } }
        seen.push(code ?? cause?.code)
      })
      await record(async () => {
        void promised.query(NOTHING)
        void promisedPool.query(NOTHING)
        const nothing = mysqlTable('nothing_here', { id: int('id') })
        void drizzle({ client: promisedPool as never })
          .select()
          .from(nothing)
          .then()
        await sleep(100)
      })
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
      expect(seen).toEqual(Array(3).fill('ER_NO_SUCH_TABLE'))
    })
  })

  describe('end to end', () => {
    test.each([
      ['query', (id: number) => promisedPool.query(TEXT, [id])],
      [
        'query with the value in the text',
        (id: number) => promisedPool.query(`select * from authors where id = ${id}`),
      ],
      ['execute', (id: number) => promisedPool.execute(TEXT, [id])],
      ['prepared', (id: number) => promisedStatement.execute([id])],
    ])('a loop over rows is a proven n-plus-one: %s', async (_form, ask) => {
      let line = ''
      let parentLine = ''
      const { report } = await profile('loop', async () => {
        parentLine = here(1)
        const [rows] = await promisedPool.query('select id as author_id from authors order by id limit 6')
        for (const { author_id: id } of rows as { author_id: number }[]) {
          line = here(1)
          await ask(id)
        }
      })
      const [finding] = report.findings.filter(({ kind }) => kind === 'n-plus-one')
      expect(finding).toMatchObject({ confidence: 'proven', count: 6, parent: { column: 'id' } })
      const frames = (finding as never as { frames: { line: number }[] }).frames.map(({ line: at }) => at)
      expect(frames).toContain(Number(line.split(':')[1]))
      const { parent } = finding as never as { parent: { callSite: { line: number } } }
      expect(parent.callSite.line).toBe(Number(parentLine.split(':')[1]))
    })

    test('the trace has what the server said of indexes', async () => {
      const traces: unknown[] = []
      const { createProfiler } = await import('../../src/profiler.ts')
      const profiler = createProfiler()
      const stop = profiler.onScope(({ trace }) => traces.push(JSON.parse(JSON.stringify(trace))))
      await profiler.profile('indexes', async () => {
        await promised.query('select id from authors where id = 3')
        await promised.query("select id from authors where name = 'x'")
      })
      stop()
      const [trace] = traces as [{ executions: { noIndexUsed?: true }[] }]
      expect(trace.executions.map(({ noIndexUsed }) => noIndexUsed)).toEqual([undefined, true])
    })
  })

  test('taking the hooks out, and hooking again', async () => {
    unpatchAll()
    const { started } = await record(async () => {
      await promised.query('select 1')
      await promisedPool.query('select 1')
      await promised.execute('select 1')
      await rowsOf(connection.query('select 1'))
    })
    expect(started).toEqual([])
    hook()
    const { started: again } = await record(async () => {
      await promised.query('select 1')
      await promisedPool.query('select 2')
      await called((done) => connection.query('select 3', done))
    })
    expect(again.map(({ text }) => text)).toEqual(['select 1', 'select 2', 'select 3'])
  })
})
