import { promisify } from 'node:util'
import * as mariadb from 'mariadb'
import * as mariadbCallback from 'mariadb/callback'
import mysql from 'mysql2'
import pg from 'pg'
import PgPool from 'pg-pool'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument, profile } from '../../src/index.ts'
import type { Aside } from '../../src/instrument/aside.ts'
import { statementStart, subscribeGuarded } from '../../src/instrument/channel.ts'
import type { StatementMessage } from '../../src/instrument/message.ts'
import { runAsOwn } from '../../src/instrument/own-work.ts'
import { state } from '../../src/instrument/state.ts'
import { openAsExplainer } from '../../src/open-as-explainer.ts'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { loadNativeSqlite } from './native-sqlite.ts'

// biome-ignore lint/suspicious/noExplicitAny: its types are not there without it
const Database = loadNativeSqlite<any>('better-sqlite3')

const url = await createDatabase('aside')
const mysqlUrl = process.env.NONPLUS_TEST_MYSQL_URL === undefined ? undefined : await createMysqlDatabase('aside')

for (const driver of [pg, PgPool, postgres, mysql, mariadb, mariadbCallback]) instrument(driver)
if (Database !== undefined) instrument(Database)
state.wantsAsides = true

let last: StatementMessage | undefined
const stop = subscribeGuarded<StatementMessage>(statementStart, (message) => {
  last = message
})
afterAll(stop)

/** Runs `ask` in a scope, and then `question` on a connection beside the one that `ask` used. */
async function besides(ask: () => Promise<unknown>, question: string): Promise<{ answer: unknown; engine: string }> {
  await profile('ask', ask)
  const { driver, through } = last as StatementMessage
  const seen = { ...state.counters }
  const aside = (await driver.openAside?.(through as object)) as Aside
  const outcome = await runAsOwn(async () => {
    const connection = await openAsExplainer(aside)
    const [row] = await connection.query(question)
    await connection.close()
    return { answer: row?.answer, engine: connection.engine }
  })
  expect(state.counters).toEqual(seen)
  return outcome
}

describe('PostgreSQL', () => {
  const question = "select current_setting('search_path') as answer"
  const options = { connectionString: url, options: '-c search_path=elsewhere' }

  test('a pool of one that is lent', async () => {
    const pool = new pg.Pool({ ...options, max: 1 })
    const client = await pool.connect()
    expect(await besides(() => client.query('select 1'), question)).toEqual({ answer: 'elsewhere', engine: 'postgres' })
    client.release()
    await pool.end()
  })

  test('a pool, by its own method', async () => {
    const pool = new pg.Pool({ ...options, max: 1 })
    expect(await besides(() => pool.query('select 1'), question)).toEqual({ answer: 'elsewhere', engine: 'postgres' })
    await pool.end()
  })

  test('a pool of pg-pool', async () => {
    const pool = new PgPool({ ...options, max: 1 }, pg.Client)
    expect(await besides(() => pool.query('select 1'), question)).toEqual({ answer: 'elsewhere', engine: 'postgres' })
    await pool.end()
  })

  test('a client whose password is asked for at each connection', async () => {
    const { hostname, port, username, password: secret, pathname } = new URL(url)
    let asked = 0
    const password = () => {
      asked++
      return decodeURIComponent(secret)
    }
    const client = new pg.Client({
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password,
    })
    await client.connect()
    // none where the server trusts
    const once = asked
    const answer = await besides(() => client.query('select 1'), 'select current_database() as answer')
    expect(answer).toEqual({ answer: pathname.slice(1), engine: 'postgres' })
    expect(asked).toBe(2 * once)
    await client.end()
  })

  test('a pool whose password is asked for at each connection', async () => {
    const { hostname, port, username, password: secret, pathname } = new URL(url)
    let asked = 0
    const password = () => {
      asked++
      return decodeURIComponent(secret)
    }
    const pool = new pg.Pool({
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password,
    })
    const client = await pool.connect()
    const once = asked
    await besides(() => client.query('select 1'), 'select current_database() as answer')
    expect(asked).toBe(2 * once)
    client.release()
    await pool.end()
  })

  describe('postgres.js', () => {
    test.each([
      ['a template', (sql: postgres.Sql) => sql`select ${1}::int as one`],
      ['a template without values', (sql: postgres.Sql) => sql`select 1 as one`],
      ['a text', (sql: postgres.Sql) => sql.unsafe('select 1 as one')],
      ['a text with values', (sql: postgres.Sql) => sql.unsafe('select $1::int as one', [1])],
      ['a statement of a transaction', (sql: postgres.Sql) => sql.begin((tx) => tx`select 1 as one`)],
    ])('%s', async (_name, ask) => {
      const sql = postgres(url, { max: 1, connection: { search_path: 'elsewhere' } })
      let rows: unknown
      const run = async () => {
        rows = await ask(sql)
      }
      expect(await besides(run, question)).toEqual({ answer: 'elsewhere', engine: 'postgres' })
      expect([...(rows as object[])]).toEqual([{ one: 1 }])
      await sql.end()
    })
  })
})

describe.skipIf(mysqlUrl === undefined)(`MySQL and MariaDB (else ${HOW_TO_GET_MYSQL})`, () => {
  const question = 'select database() as answer'
  let database: string

  beforeAll(() => {
    database = new URL(mysqlUrl as string).pathname.slice(1)
  })

  test('a pool of mysql2 that is lent', async () => {
    const pool = mysql.createPool({
      uri: mysqlUrl as string,
      connectionLimit: 1,
      multipleStatements: true,
      rowsAsArray: true,
    })
    const connection = await pool.promise().getConnection()
    expect((await besides(() => connection.query('select 1'), question)).answer).toBe(database)
    connection.release()
    await pool.promise().end()
  })

  test('a pool of mysql2, by its own method', async () => {
    const pool = mysql.createPool({ uri: mysqlUrl as string, connectionLimit: 1, rowsAsArray: true })
    expect((await besides(() => pool.promise().execute('select ?', [1]), question)).answer).toBe(database)
    await pool.promise().end()
  })

  test('a connection of mysql2', async () => {
    const connection = mysql.createConnection({ uri: mysqlUrl as string })
    expect((await besides(() => connection.promise().query('select 1'), question)).answer).toBe(database)
    await connection.promise().end()
  })

  test('a pool of mariadb that is lent', async () => {
    const pool = mariadb.createPool({ ...partsOf(mysqlUrl as string), connectionLimit: 1, rowsAsArray: true })
    const connection = await pool.getConnection()
    expect((await besides(() => connection.query('select 1'), question)).answer).toBe(database)
    await connection.release()
    await pool.end()
  })

  test('a connection of mariadb with callbacks', async () => {
    const connection = mariadbCallback.createConnection(partsOf(mysqlUrl as string))
    await promisify((connection as unknown as { connect(done: () => void): void }).connect).call(connection)
    const ask = () =>
      new Promise((resolve, reject) =>
        connection.query('select 1', (error: unknown, rows: unknown) => (error ? reject(error) : resolve(rows))),
      )
    expect((await besides(ask, question)).answer).toBe(database)
    connection.end(() => {})
  })
})

function partsOf(text: string): { host: string; port: number; user: string; password: string; database: string } {
  const { hostname, port, username, password, pathname } = new URL(text)
  return { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) }
}

test.skipIf(Database === undefined)('better-sqlite3: its own database, since nobody else sees it', async () => {
  const database = new Database(':memory:')
  database.exec('create table t (id int); insert into t values (7)')
  const ask = async () => database.prepare('select 1').all()
  expect(await besides(ask, 'select id as answer from t')).toEqual({ answer: 7, engine: 'sqlite' })
  expect(database.open).toBe(true)
  database.close()
})
