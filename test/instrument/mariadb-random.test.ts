import * as mariadb from 'mariadb'
import * as mariadbCallback from 'mariadb/callback'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { holdRandomMixes, type Use } from './random-mix.ts'

const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined

instrument(mariadb)
instrument(mariadbCallback)

let pool: mariadb.Pool
let cluster: mariadb.PoolCluster
// biome-ignore lint/suspicious/noExplicitAny: the types of the callback API differ from version to version
let callbackPool: any

beforeAll(async () => {
  if (isMissing) return
  const { hostname: host, port, username: user, password, pathname } = new URL(await createMysqlDatabase('random'))
  const options = {
    host,
    port: Number(port),
    user,
    password,
    database: pathname.slice(1),
    allowPublicKeyRetrieval: true,
    connectionLimit: 2,
  }
  pool = mariadb.createPool(options)
  callbackPool = mariadbCallback.createPool(options)
  cluster = mariadb.createPoolCluster()
  cluster.add('one', options)
  await Promise.all([pool.query('select 1'), pool.query('select 1'), cluster.of('one').query('select 1')])
  await Promise.all([0, 1].map(() => called((done) => callbackPool.query('select 1', done))))
})

afterAll(async () => {
  if (isMissing) return
  await pool.end()
  await cluster.end()
  await called((done) => callbackPool.end(done))
})

function use(name: string, statements: number, run: Use['run']): Use {
  return { name, statements, run }
}

function called(call: (done: (error?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    call(resolve)
  })
}

async function withConnection(work: (connection: mariadb.PoolConnection) => Promise<unknown>): Promise<void> {
  const connection = await pool.getConnection()
  try {
    await work(connection)
  } finally {
    await connection.release()
  }
}

const uses: readonly Use[] = [
  use('pool, awaited', 1, async (marker) => await pool.query('select ?', [marker])),
  use('pool, promise handed on', 1, async (marker) => await pool.query(`select ${marker}`).then(() => undefined)),
  use('pool, execute', 1, async (marker) => await pool.execute('select ? + 0', [marker])),
  use('pool, fails', 1, async (marker) => await pool.query(`select ${marker} from nowhere`).catch(() => undefined)),
  use('cluster', 1, async (marker) => await cluster.of('one').query('select ?', [marker])),
  use('callback', 1, (marker) => called((done) => callbackPool.query('select ?', [marker], done))),
  use('two callbacks in a chain', 2, (marker) => {
    return called((done) =>
      callbackPool.query(`select ${marker}`, () => callbackPool.execute('select ?', [marker], done)),
    )
  }),
  use('fails in a callback', 1, (marker) =>
    called((done) => callbackPool.query(`select ${marker} from nowhere`, done)),
  ),
  use('checkout by callback', 2, (marker) => {
    return called((done) => {
      // biome-ignore lint/suspicious/noExplicitAny: see above
      callbackPool.getConnection((error: unknown, connection: any) => {
        if (error) return done(error)
        connection.query('select ?', [marker], () => {
          connection.release(() => callbackPool.query(`select ${marker}`, done))
        })
      })
    })
  }),
  use('transaction', 2, (marker) => {
    return withConnection(async (connection) => {
      await connection.beginTransaction()
      await connection.query('select ?', [marker])
      const prepared = await connection.prepare('select ? + 1')
      await prepared.execute([marker])
      prepared.close()
      await connection.rollback()
    })
  }),
  use('stream', 1, (marker) => {
    return withConnection(async (connection) => {
      for await (const _ of connection.queryStream('select ?', [marker]));
    })
  }),
  use('sent together', 3, async (marker) => {
    await Promise.all([0, 1, 2].map((summand) => pool.query('select ? + ?', [marker, summand])))
  }),
  use('sent later', 1, async (marker) => {
    await new Promise((resolve) => setTimeout(resolve, marker % 7))
    await pool.query(`select ${marker}`)
  }),
]

describe.skipIf(isMissing)(`mariadb, at random${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, () => {
  test('random mixes in random numbers of scopes, over warm pools of two', async () => {
    await holdRandomMixes(uses, 150)
  })
})
