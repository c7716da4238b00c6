import { createRequire } from 'node:module'
import type mysqlTypes from 'mysql2'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { holdRandomMixes, type Use } from './random-mix.ts'

const require = createRequire(import.meta.url)
const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined
const url = isMissing ? '' : await createMysqlDatabase('random')

const TEXT = 'select cast(? as signed) as n'

function use(name: string, statements: number, run: Use['run']): Use {
  return { name, statements, run }
}

function called(call: (done: (error: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    call(resolve)
  })
}

describe.skipIf(isMissing).each(['mysql2', 'mysql2-patched', 'mysql2-oldest'])(
  `%s${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`,
  (name) => {
    const mysql = require(name) as typeof mysqlTypes
    let pool: mysqlTypes.Pool
    let cluster: mysqlTypes.PoolCluster

    beforeAll(async () => {
      instrument(mysql)
      pool = mysql.createPool({ uri: url, connectionLimit: 2 })
      cluster = mysql.createPoolCluster()
      for (const node of ['one', 'two']) cluster.add(node, { uri: url, connectionLimit: 1 } as never)
      await Promise.all([0, 1].map(() => pool.promise().query('select sleep(0.05)')))
    })

    afterAll(async () => {
      await pool.promise().end()
      await called((done) => cluster.end(done))
    })

    async function withConnection(work: (connection: mysqlTypes.PoolConnection) => Promise<unknown>): Promise<void> {
      const connection = (await new Promise((resolve, reject) => {
        pool.getConnection((error, checkedOut) => (error ? reject(error) : resolve(checkedOut)))
      })) as mysqlTypes.PoolConnection
      try {
        await work(connection)
      } finally {
        connection.release()
      }
    }

    const uses: readonly Use[] = [
      use('pool, awaited', 1, async (marker) => await pool.promise().query(TEXT, [marker])),
      use('pool, executed', 1, async (marker) => await pool.promise().execute(TEXT, [marker])),
      use('pool, value in the text', 1, async (marker) => await pool.promise().query(`select ${marker}`)),
      use('pool, callback', 1, (marker) => called((done) => pool.query(TEXT, [marker], done))),
      use('pool, two callbacks in a chain', 2, (marker) => {
        return called((done) => pool.query(`select ${marker}`, () => pool.execute(TEXT, [marker], done)))
      }),
      use('pool, fails', 1, async (marker) => {
        await pool
          .promise()
          .query(`select ${marker} from nowhere`)
          .catch(() => undefined)
      }),
      use('pool, execute fails in a callback', 1, (marker) => {
        return called((done) => pool.execute(`select ${marker} from nowhere`, done))
      }),
      use('checkout by callback', 1, (marker) => {
        return called((done) => {
          pool.getConnection((error, connection) => {
            if (error) return done(error)
            connection.query(TEXT, [marker], (failure) => {
              connection.release()
              done(failure)
            })
          })
        })
      }),
      use('transaction with a prepared statement', 3, (marker) => {
        return withConnection(async (core) => {
          const connection = core.promise()
          await connection.beginTransaction()
          await connection.query(TEXT, [marker])
          const statement = await connection.prepare(`select ? + ${marker}`)
          await statement.execute([1])
          await statement.execute([2])
          await statement.close()
          await connection.rollback()
        })
      }),
      // not by `for await`: the streams of 3.0 close before their end
      use('stream', 1, (marker) => {
        return called((done) => {
          const stream = pool.query(TEXT, [marker]).stream()
          stream.on('end', done).resume()
        })
      }),
      use('events', 1, (marker) => called((done) => pool.query(TEXT, [marker]).on('end', () => done(undefined)))),
      use('cluster', 1, (marker) => called((done) => cluster.of('*').query(TEXT, [marker], done as never))),
      use('cluster, executed', 1, (marker) => called((done) => cluster.of('*').execute(TEXT, [marker], done as never))),
      use('sent together', 3, async (marker) => {
        await Promise.all([0, 1, 2].map((summand) => pool.promise().query('select ? + ?', [marker, summand])))
      }),
      use('sent later', 1, async (marker) => {
        await new Promise((resolve) => setTimeout(resolve, marker % 7))
        await pool.promise().query(TEXT, [marker])
      }),
    ]

    test('random mixes in random numbers of scopes, over a warm pool of two', async () => {
      await holdRandomMixes(uses, 80)
    })
  },
)
