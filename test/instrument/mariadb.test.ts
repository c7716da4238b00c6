import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as esm from 'mariadb'
import * as esmCallback from 'mariadb/callback'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { profile } from '../../src/profiler.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { here, lineOf, record } from './record.ts'

const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined

interface Copy {
  readonly version: string
  readonly promise: typeof esm
  readonly callback: typeof esmCallback
}

const require = createRequire(import.meta.url)
const older = createRequire(new URL('../mariadb-versions/index.js', import.meta.url))

function olderCopies(): Copy[] {
  try {
    return ['mariadb-3-2', 'mariadb-3-4'].map((name) => ({
      version: older(`${name}/package.json`).version,
      promise: older(name),
      callback: older(`${name}/callback`),
    }))
  } catch {
    process.stderr.write('\n!! Older versions of mariadb are not tested: npm ci --prefix test/mariadb-versions\n\n')
    return []
  }
}

const copies: Copy[] = isMissing
  ? []
  : [
      { version: `${esm.version}, ES module`, promise: esm, callback: esmCallback },
      { version: `${esm.version}, CommonJS`, promise: require('mariadb'), callback: require('mariadb/callback') },
      ...olderCopies(),
    ]

for (const { promise, callback } of copies) {
  instrument(promise)
  instrument(callback)
}

type Done = (error: unknown, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

const TEXT = 'select * from authors where id = ?'
const WRONG = 'select * from nothing_here'

interface Opened {
  readonly options: { readonly host: string; readonly port: number; readonly database: string }
  readonly connection: esm.Connection
  readonly pool: esm.Pool
  readonly cluster: esm.PoolCluster
  readonly filtered: esm.FilteredPoolCluster
  readonly callbackConnection: esmCallback.Connection
  readonly callbackPool: esmCallback.Pool
  readonly callbackCluster: esmCallback.PoolCluster
}

async function open({ promise, callback }: Copy): Promise<Opened> {
  const { hostname: host, port, username: user, password, pathname } = new URL(await createMysqlDatabase('mariadb'))
  const options = {
    host,
    port: Number(port),
    user,
    password,
    database: pathname.slice(1),
    allowPublicKeyRetrieval: true,
  }
  const pooled = { ...options, connectionLimit: 2, acquireTimeout: 20_000 }
  const connection = await promise.createConnection({ ...options, multipleStatements: true })
  await connection.query('create table authors (id int primary key, name varchar(50))')
  await connection.query(
    'insert into authors with recursive n (n) as (select 1 union all select n + 1 from n where n < 20) select n, n from n',
  )
  const pool = promise.createPool(pooled)
  const cluster = promise.createPoolCluster()
  cluster.add('one', pooled)
  const callbackConnection = callback.createConnection(options)
  await called((done) => (callbackConnection as Any).connect(done))
  const callbackPool = callback.createPool(pooled)
  const callbackCluster = callback.createPoolCluster()
  callbackCluster.add('one', pooled)
  const opened = {
    options,
    connection,
    pool,
    cluster,
    filtered: cluster.of('one'),
    callbackConnection,
    callbackPool,
    callbackCluster,
  }
  for (const ask of [pool, opened.filtered]) await Promise.all([ask.query('select 1'), ask.query('select 1')])
  await Promise.all([1, 2].map(() => called((done) => callbackPool.query('select 1', done as never))))
  return opened
}

async function close(opened: Opened): Promise<void> {
  await opened.connection.end()
  await opened.pool.end()
  await opened.cluster.end()
  await called((done) => opened.callbackConnection.end(done as never))
  await called((done) => opened.callbackPool.end(done as never))
  await called((done) => opened.callbackCluster.end(done as never))
}

async function withConnection(
  pool: esm.Pool,
  use: (connection: esm.PoolConnection) => Promise<unknown>,
): Promise<unknown> {
  const connection = await pool.getConnection()
  try {
    return await use(connection)
  } finally {
    await connection.release()
  }
}

/** Everything of the callback API calls back with (error, result); its types differ from version to version. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any

function askInCheckout(pool: Any, text: string, values: readonly unknown[], done: Done): void {
  pool.getConnection((error: unknown, connection: Any) => {
    if (error) return done(error)
    connection.query(text, values, (failure: unknown, rows: unknown) => {
      connection.release(() => done(failure, rows))
    })
  })
}

async function prepared(connection: Any, ask: (statement: Any) => Promise<unknown>): Promise<unknown> {
  const statement = await connection.prepare(TEXT)
  try {
    return await ask(statement)
  } finally {
    statement.close()
  }
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const row of stream) rows.push(row)
  return rows
}

describe.skipIf(isMissing)(`mariadb${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, () => {
  test('is there in two builds at least', () => expect(copies.length).toBeGreaterThanOrEqual(2))

  describe.each(copies)('$version', (copy) => {
    let on: Opened
    const any = (): Any => on as Any
    const has = (object: () => Any, name: string) => typeof object()?.[name] === 'function'

    beforeAll(async () => {
      on = await open(copy)
    })
    afterAll(() => close(on))

    describeDriver({
      name: 'mariadb',
      forms: [
        ['connection: query', () => on.connection.query(TEXT, [3])],
        ['connection: query, one value', () => on.connection.query(TEXT, 3)],
        ['connection: options', () => on.connection.query({ sql: TEXT, values: [3] } as never)],
        ['connection: options and values', () => on.connection.query({ sql: TEXT }, [3])],
        ['connection: rows as arrays', () => on.connection.query({ sql: TEXT, rowsAsArray: true }, [3])],
        ['connection: columns beside the rows', () => on.connection.query({ sql: TEXT, metaAsArray: true }, [3])],
        ['connection: execute', () => on.connection.execute(TEXT, [3])],
        ['connection: execute again', () => on.connection.execute(TEXT, [3])],
        ['connection: prepared', () => prepared(on.connection, (statement) => statement.execute([3]))],
        ['connection: prepared again', () => prepared(on.connection, (statement) => statement.execute([3]))],
        ['connection: stream', () => read(on.connection.queryStream(TEXT, [3]))],
        ['pool: query', () => on.pool.query(TEXT, [3])],
        ['pool: options', () => on.pool.query({ sql: TEXT, rowsAsArray: true }, [3])],
        ['pool: execute', () => on.pool.execute(TEXT, [3])],
        ['pool: checkout', () => withConnection(on.pool, (checkedOut) => checkedOut.query(TEXT, [3]))],
        ['cluster: query', () => on.filtered.query(TEXT, [3])],
        ['cluster: execute', () => on.filtered.execute(TEXT, [3])],
        ['connection: callback', () => called((done) => any().callbackConnection.query(TEXT, [3], done))],
        [
          'connection: callback, options',
          () => called((done) => any().callbackConnection.query({ sql: TEXT, values: [3] }, done)),
        ],
        ['connection: callback, execute', () => called((done) => any().callbackConnection.execute(TEXT, [3], done))],
        ['connection: emitter', () => emitted(any().callbackConnection.query(TEXT, [3]))],
        ['connection: callback, prepared', () => called((done) => executePrepared(any().callbackConnection, done))],
        ['pool: callback', () => called((done) => any().callbackPool.query(TEXT, [3], done))],
        ['pool: callback, execute', () => called((done) => any().callbackPool.execute(TEXT, [3], done))],
        ['pool: checkout by callback', () => called((done) => askInCheckout(any().callbackPool, TEXT, [3], done))],
        [
          'cluster: checkout by callback',
          () => called((done) => askInCheckout(any().callbackCluster, TEXT, [3], done)),
        ],
        // before 3.5 the callback API had no cluster to ask
        ...(copy.version.startsWith('3.5')
          ? ([
              ['cluster: callback', () => called((done) => any().callbackCluster.of('one').query(TEXT, [3], done))],
              [
                'cluster: callback, execute',
                () => called((done) => any().callbackCluster.of('one').execute(TEXT, [3], done)),
              ],
            ] as const)
          : []),
      ],
      expected: { text: TEXT, parameters: [3], rows: 1 },
      failures: [
        ['connection', () => on.connection.query(WRONG), 'ER_NO_SUCH_TABLE'],
        ['connection, execute', () => on.connection.execute(WRONG), 'ER_NO_SUCH_TABLE'],
        ['connection, stream', () => read(on.connection.queryStream(WRONG)), 'ER_NO_SUCH_TABLE'],
        ['pool', () => on.pool.query(WRONG), 'ER_NO_SUCH_TABLE'],
        ['pool, execute', () => on.pool.execute(WRONG), 'ER_NO_SUCH_TABLE'],
        ['cluster', () => on.filtered.query(WRONG), 'ER_NO_SUCH_TABLE'],
        [
          'connection, callback',
          () => called((done) => any().callbackConnection.query(WRONG, done)),
          'ER_NO_SUCH_TABLE',
        ],
        ['pool, callback', () => called((done) => any().callbackPool.query(WRONG, done)), 'ER_NO_SUCH_TABLE'],
      ],
      pooled: [
        ['query', (request) => on.pool.query('select ? as request', [request])],
        ['execute', (request) => on.pool.execute('select ? as request', [request])],
        [
          'checkout',
          (request) => withConnection(on.pool, (checkedOut) => checkedOut.query('select ? as request', [request])),
        ],
        ['cluster', (request) => on.filtered.query('select ? as request', [request])],
        ['callback', (request) => called((done) => any().callbackPool.query('select ? as request', [request], done))],
        [
          'execute, callback',
          (request) => called((done) => any().callbackPool.execute('select ? as request', [request], done)),
        ],
        [
          'checkout by callback',
          (request) => called((done) => askInCheckout(any().callbackPool, 'select ? as request', [request], done)),
        ],
        [
          'cluster, checkout by callback',
          (request) => called((done) => askInCheckout(any().callbackCluster, 'select ? as request', [request], done)),
        ],
        ...(copy.version.startsWith('3.5')
          ? ([
              [
                'cluster, callback',
                (request: number) =>
                  called((done) => any().callbackCluster.of('one').query('select ? as request', [request], done)),
              ],
            ] as const)
          : []),
      ],
      address: () => ({ host: on.options.host, port: on.options.port, database: on.options.database }),
      poolSize: 2,
      hookAgain: () => {
        instrument(copy.promise)
        instrument(copy.callback)
      },
    })

    test('the version is known', () => {
      const versions = [...state.drivers.values()].map(({ name, version }) => `${name} ${version}`)
      expect(versions).toContain(`mariadb ${copy.version.split(',')[0]}`)
    })

    test('the line of a pool query, of one in a cluster, and of one whose promise is only returned', async () => {
      const lines: string[] = []
      const returned = () => on.pool.query(TEXT, [1])
      const { started } = await record(async () => {
        lines.push(here(1))
        await on.pool.query(TEXT, [1])
        lines.push(here(1))
        await on.filtered.query(TEXT, [1])
        lines.push(here(-6))
        await returned()
      })
      expect(started.map(({ callSite }) => lineOf(callSite))).toEqual(lines)
    })

    test('a builder that is sent by being awaited takes the line that awaits it', async () => {
      // code without a file, as code of a package is: its frames are not the application's
      const builderOf = new Function('pool', 'return { then: (...to) => pool.query("select 1").then(...to) }')
      const builder = builderOf(on.pool) as PromiseLike<unknown>
      let line = ''
      const { started } = await record(async () => {
        line = here(1)
        await builder
      })
      expect(started.map(({ callSite }) => lineOf(callSite))).toEqual([line])
    })

    test('batches are one execution, with the rows of all', async () => {
      const { ended } = await record(async () => {
        await on.connection.query('create temporary table batched (id int primary key, name varchar(50))')
        await on.connection.batch('insert into batched values (?, ?)', [
          [1, 'a'],
          [2, 'b'],
          [3, 'c'],
        ])
        await on.connection.batch({ sql: 'insert into batched values (?, ?)', bulk: false } as never, [
          [4, 'd'],
          [5, 'e'],
        ])
      })
      expect(ended.slice(1).map(facts)).toEqual([
        {
          text: 'insert into batched values (?, ?)',
          parameters: [
            [1, 'a'],
            [2, 'b'],
            [3, 'c'],
          ],
          rows: 3,
          error: undefined,
        },
        {
          text: 'insert into batched values (?, ?)',
          parameters: [
            [4, 'd'],
            [5, 'e'],
          ],
          rows: 2,
          error: undefined,
        },
      ])
    })

    test('named placeholders', async () => {
      const { ended } = await record(() =>
        on.connection.query(
          { sql: 'select * from authors where id = :id and name <> :name', namedPlaceholders: true },
          { name: 'x', id: 4 },
        ),
      )
      expect(ended.map(({ parameters, rows }) => [parameters, rows])).toEqual([[[{ name: 'x', id: 4 }], 1]])
    })

    test('several statements in one text, and procedures, are one execution with the rows of all', async () => {
      const { ended } = await record(async () => {
        await on.connection.query('select 1 as a; select * from authors where id < 4')
        await on.connection.query('create or replace view few as select * from authors where id < 6; select * from few')
        await on.connection.query('drop procedure if exists p')
        await on.connection.query('create procedure p (n int) select * from authors where id <= n')
        await on.connection.query('call p(?)', [7])
      })
      expect(ended.map(({ rows }) => rows)).toEqual([4, 5, 0, 0, 7])
    })

    test('transactions: a commit that is not sent is not recorded', async () => {
      const { ended } = await record(() =>
        withConnection(on.pool, async (checkedOut) => {
          await checkedOut.commit()
          await checkedOut.beginTransaction()
          await checkedOut.query("update authors set name = 'x' where id = 1")
          await checkedOut.rollback()
          await checkedOut.beginTransaction()
          await checkedOut.commit()
        }),
      )
      expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
        ['START TRANSACTION', 0],
        ["update authors set name = 'x' where id = 1", 1],
        ['ROLLBACK', 0],
        ['START TRANSACTION', 0],
        ['COMMIT', 0],
      ])
      expect(new Set(ended.map(({ connection }) => connection)).size).toBe(1)
      expect(ended[0]?.connection).toBeGreaterThan(0)
    })

    test('transactions by callback', async () => {
      const connection = any().callbackConnection
      const { ended } = await record(async () => {
        await called((done) => connection.beginTransaction(done))
        await called((done) => connection.query('select 1', done))
        await called((done) => connection.commit(done))
      })
      expect(ended.map(({ text }) => text)).toEqual(['START TRANSACTION', 'select 1', 'COMMIT'])
    })

    test('calls whose end nobody wants to hear of end all the same', async () => {
      const { ended } = await record(async () => {
        any().callbackPool.query('select sleep(0.05)')
        any().callbackConnection.execute(WRONG)
        any().callbackConnection.query(TEXT, [3])
        await new Promise((resolve) => setTimeout(resolve, 300))
      })
      expect(ended.map(({ text }) => text).sort()).toEqual([TEXT, WRONG, 'select sleep(0.05)'])
      const slow = ended.find(({ text }) => text.includes('sleep'))
      expect((slow?.endedAt ?? 0) - (slow?.startedAt ?? 0)).toBeGreaterThan(40)
      const rows = ended.find(({ text }) => text === TEXT)
      expect([rows?.rows, [...(rows?.result?.rows ?? [])]]).toEqual([1, [{ id: 3, name: '3' }]])
    })

    test('an imported file is one execution', async () => {
      if (!has(() => on.connection, 'importFile')) return expect(copy.version).toMatch(/^3\.[01]\./)
      const file = join(tmpdir(), `nonplus-import-${process.pid}.sql`)
      writeFileSync(file, 'select 1; select 2; select 3;')
      const { ended } = await record(async () => {
        await on.connection.importFile({ file })
        await on.connection.query('select 4')
      })
      expect(ended.map(({ text }) => text)).toEqual([`source '${file}'`, 'select 4'])
    })

    test('the wait for a connection is known', async () => {
      const { ended } = await record(async () => {
        const slow = [1, 2].map(() => on.pool.query('select sleep(0.1)'))
        await Promise.all([...slow, on.pool.query('select 1')])
      })
      const waited = ended.map(({ acquiredAt, startedAt }) => acquiredAt - startedAt)
      expect(Math.max(...waited)).toBeGreaterThan(60)
      expect(Math.min(...waited)).toBeLessThan(50)
      expect(new Set(ended.map(({ connection }) => connection)).size).toBe(2)
    })

    test('the remark that no index was used', async () => {
      await on.connection.query('create table if not exists heap (id int, name varchar(20))')
      await on.connection.query("insert into heap values (1, 'a'), (2, 'b')")
      const { ended } = await record(async () => {
        await Promise.all([
          on.connection.query("select * from heap where name = 'b'"),
          on.connection.query(TEXT, [3]),
          on.connection.execute("select * from heap where name = 'a'"),
        ])
        await on.pool.query("select * from heap where name = 'b'")
        await on.pool.query(TEXT, [3])
      })
      const remarked = [...ended].sort((a, b) => a.startedAt - b.startedAt).map(({ noIndexUsed }) => noIndexUsed)
      // 3.0 sends what it prepared with parameters of its own, and the remark about it is lost
      expect(remarked).toEqual([true, false, !copy.version.startsWith('3.0'), true, false])
    })

    test('streams: read by events, in their scope; left early; of a prepared statement', async () => {
      const scopes = new Set<unknown>()
      const { ended, scope } = await record(async () => {
        await new Promise((resolve, reject) => {
          const stream = on.connection.queryStream('select * from authors where id > ?', [10])
          stream.on('data', () => scopes.add(currentScope()))
          stream.on('end', () => resolve(scopes.add(currentScope())))
          stream.on('error', reject)
        })
        for await (const _row of on.connection.queryStream('select * from authors')) break
        await on.connection.query('select 1')
        await prepared(on.connection, (statement) =>
          typeof statement.executeStream === 'function' ? read(statement.executeStream([3])) : statement.execute([3]),
        )
      })
      expect(ended.map(({ text }) => text)).toEqual([
        'select * from authors where id > ?',
        'select * from authors',
        'select 1',
        TEXT,
      ])
      expect(ended[0]?.rows).toBe(10)
      expect(ended[0]?.result?.rows).toHaveLength(10)
      expect(ended[3]?.rows).toBe(1)
      expect([...scopes]).toEqual([scope])
    })

    test('what a callback sends next is filed under its own scope', async () => {
      const chains = Array.from({ length: 6 }, (_, request) =>
        record(
          () =>
            new Promise<void>((resolve, reject) => {
              const next = (left: number): void => {
                const then = (error: unknown) => (error ? reject(error) : next(left - 1))
                if (left === 0) resolve()
                else if (left % 2 === 0) any().callbackPool.query('select ?', [request], then)
                else askInCheckout(any().callbackPool, 'select ?', [request], then)
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

    test('an unhandled rejection stays one, with the error of the driver', async () => {
      const seen: unknown[] = []
      const listeners = process.listeners('unhandledRejection')
      process.removeAllListeners('unhandledRejection')
      process.on('unhandledRejection', (reason) => seen.push((reason as { code: string }).code))
      await record(async () => {
        void on.connection.query(WRONG)
        void on.pool.query(WRONG)
        await new Promise((resolve) => setTimeout(resolve, 200))
      })
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener)
      expect(seen).toEqual(['ER_NO_SUCH_TABLE', 'ER_NO_SUCH_TABLE'])
    })

    test('a closed connection rejects, and the execution ends', async () => {
      const closed = await on.pool.getConnection()
      await closed.release()
      const { hostname: host, port, username: user } = new URL(process.env.NONPLUS_TEST_MYSQL_URL as string)
      const connection = await copy.promise.createConnection({
        host,
        port: Number(port),
        user,
        allowPublicKeyRetrieval: true,
      })
      await connection.end()
      const { ended } = await record(async () => {
        await expect(connection.query('select 1')).rejects.toThrow('connection closed')
      })
      expect(ended.map(({ error }) => (error as Error).message)).toEqual([expect.stringContaining('connection closed')])
    })

    test('an N+1 is proven, with its line and the column its values came from', async () => {
      await on.connection.query('create table if not exists posts (id int primary key, author_id int)')
      await on.connection.query('insert ignore into posts select id, id from authors where id <= 8')
      let line = ''
      const { report } = await profile('posts', async () => {
        const posts = await on.pool.query('select id as post, author_id from posts order by id')
        for (const post of posts) {
          line = here(1)
          await on.pool.query(TEXT, [post.author_id])
        }
      })
      const [finding] = report.findings.filter(({ kind }) => kind === 'n-plus-one') as Any[]
      expect(finding?.confidence).toBe('proven')
      expect(finding?.count).toBe(8)
      expect(finding?.parent?.column).toMatch(/author_id|post/)
      expect(`${finding?.callSite?.file.split('/').at(-1)}:${finding?.callSite?.line}`).toBe(line)
      expect(report.coverage.warnings.filter((warning) => !warning.startsWith('mysql2'))).toEqual([])
    })
  })

  test('taking the hooks out restores the methods, and hooking again works', async () => {
    const [copy] = copies as [Copy]
    const on = await open(copy)
    const hooked = Object.getPrototypeOf(on.pool).query
    unpatchAll()
    expect(Object.getPrototypeOf(on.pool).query).not.toBe(hooked)
    const { started } = await record(async () => {
      await on.pool.query('select 1')
      await on.connection.query('select 1')
    })
    expect(started).toEqual([])
    instrument(copy.promise)
    await Promise.resolve()
    const { started: again } = await record(async () => {
      await on.pool.query('select 1')
      await on.connection.query('select 1')
    })
    expect(again).toHaveLength(2)
    await close(on)
  })
})

function emitted(command: Any): Promise<unknown> {
  const rows: unknown[] = []
  return new Promise((resolve, reject) => {
    command.on('data', (row: unknown) => rows.push(row))
    command.on('error', reject)
    command.on('end', () => resolve(rows))
  })
}

function executePrepared(connection: Any, done: Done): void {
  connection.prepare(TEXT, (error: unknown, statement: Any) => {
    if (error) return done(error)
    statement.execute([3], done)
  })
}
