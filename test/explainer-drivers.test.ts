import * as mariadb from 'mariadb'
import { createPool as createMariadbPool } from 'mariadb'
import mysql from 'mysql2'
import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { instrument, type Profiled, profile } from '../src/index.ts'
import { createDatabase } from './create-database.ts'
import { createMysqlDatabase } from './create-mysql-database.ts'
import { loadNativeSqlite } from './instrument/native-sqlite.ts'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: its types are not there without it
const Database = loadNativeSqlite<any>('better-sqlite3')

for (const driver of [postgres, mysql, mariadb]) instrument(driver)
if (Database !== undefined) instrument(Database)

const explain = { explain: true } as const

/** What is known of plans: by statement its engine, its first operations, its rows. */
function plansIn({ trace, report }: Profiled<unknown>): object {
  const { plans = [], statements } = trace
  return {
    plans: plans.map(({ statement, plans }) => {
      const shown = plans.map(({ plan, rows }) => `${plan.engine} ${operationsOf(plan.root).join(' > ')} ${rows}`)
      return `${statements[statement]?.summary}: ${shown.join(', ')}`
    }),
    notExplained: report.coverage.plans?.notExplained.map(({ code }) => code),
    failures: report.coverage.warnings.filter((text) => text.includes('inside nonplus')),
  }
}

interface Node {
  readonly op: string
  readonly children: readonly Node[]
}

function operationsOf({ op, children }: Node): string[] {
  return [op, ...children.flatMap(operationsOf)]
}

const tables = 'create table orders (id int primary key, customer_id int not null, note varchar(40))'
const rows = Array.from({ length: 3_000 }, (_, n) => `(${n + 1}, ${n % 300}, 'note ${n}')`).join(', ')

describe('postgres.js', async () => {
  const url = await createDatabase('explainer_postgres_js')

  test('templates, texts, transactions and lists, over a single connection', async () => {
    const sql = postgres(url, { max: 1 })
    await sql.unsafe(`${tables}; insert into orders values ${rows}; analyze orders`)
    const profiled = await profile(
      'block',
      async () => {
        await sql`select id from orders where customer_id = ${7}`
        await sql.unsafe('select note from orders where customer_id = $1', [8])
        await sql`select customer_id from orders where id in ${sql([1, 2, 3])}`
        await sql.begin(async (tx) => {
          await tx`set local search_path to nowhere, public`
          await tx`update orders set note = ${'x'} where id = ${5}`
        })
      },
      explain,
    )
    expect(plansIn(profiled)).toEqual({
      plans: [
        'SELECT orders: postgres seq-scan 10',
        'SELECT orders: postgres seq-scan 10',
        expect.stringMatching(/^SELECT orders: postgres (index-scan|bitmap-heap-scan > bitmap-index-scan) 3$/),
        'UPDATE orders: postgres modify-table > index-scan 1',
      ],
      notExplained: [],
      failures: [],
    })
    await sql.end()
  })
})

const servers: [name: string, url: string | undefined][] = [
  ['MariaDB or MySQL', process.env.NONPLUS_TEST_MYSQL_URL],
  ['MySQL 9', process.env.NONPLUS_TEST_MYSQL9_URL],
]

describe.each(servers.filter(([name, url]) => url !== undefined || name !== 'MySQL 9'))('%s', (_name, serverUrl) => {
  test.skipIf(serverUrl === undefined)(`through mysql2 (else ${HOW_TO_GET_MYSQL})`, async () => {
    const url = await createMysqlDatabase('explainer_mysql2', serverUrl)
    const pool = mysql.createPool({ uri: url, connectionLimit: 1 }).promise()
    await pool.query(tables)
    await pool.query(`insert into orders values ${rows}`)
    await pool.query('analyze table orders')
    const connection = await pool.getConnection()
    const profiled = await profile(
      'block',
      async () => {
        await connection.query('select id from orders where customer_id = ?', [7])
        await connection.execute('select note from orders where id = ?', [8])
        await connection.query('select note from orders where id in (?)', [[1, 2, 3]])
        await connection.query('update orders set note = ? where id = ?', ['x', 5])
        await connection.query('create temporary table mine (id int)')
        await connection.query('select * from mine where id > 0')
      },
      explain,
    )
    connection.release()
    await pool.end()
    expect(plansIn(profiled)).toEqual({
      plans: [
        expect.stringMatching(/^SELECT orders: (mysql|mariadb) .*seq-scan 10$/),
        expect.stringMatching(/^SELECT orders: (mysql|mariadb) (const|result) 1$/),
        expect.stringMatching(/^SELECT orders: (mysql|mariadb) .*index-range-scan.* 3$/),
        expect.stringMatching(/^UPDATE orders: (mysql|mariadb) /),
      ],
      notExplained: expect.arrayContaining(['data-definition', 'unknown-table']),
      failures: [],
    })
  })

  test.skipIf(serverUrl === undefined)('through mariadb', async () => {
    const url = new URL(await createMysqlDatabase('explainer_mariadb', serverUrl))
    const pool = createMariadbPool({
      host: url.hostname,
      port: Number(url.port),
      user: url.username,
      password: url.password,
      database: url.pathname.slice(1),
      connectionLimit: 1,
      allowPublicKeyRetrieval: true,
    })
    await pool.query(tables)
    await pool.query(`insert into orders values ${rows}`)
    const connection = await pool.getConnection()
    const profiled = await profile(
      'block',
      async () => {
        await connection.query('select id from orders where customer_id = ?', [7])
        await connection.execute('select note from orders where id = ?', [8])
      },
      explain,
    )
    await connection.release()
    await pool.end()
    expect(plansIn(profiled)).toEqual({
      plans: [
        expect.stringMatching(/^SELECT orders: (mysql|mariadb) .*seq-scan 10$/),
        expect.stringMatching(/^SELECT orders: (mysql|mariadb) (const|result) 1$/),
      ],
      notExplained: [],
      failures: [],
    })
  })
})

describe.skipIf(Database === undefined)('better-sqlite3', () => {
  test('on its own database, in memory, within a transaction', async () => {
    const database = new Database(':memory:')
    database.exec(`${tables}; insert into orders values ${rows}; create temporary table mine (id int)`)
    const profiled = await profile(
      'block',
      async () => {
        database.prepare('select id from orders where customer_id = ?').all(7)
        database
          .prepare('select id from orders where customer_id = @customer and note <> @note')
          .all({ customer: 7, note: 'x' })
        database.prepare('select count(*) from mine').get()
        database.exec('begin')
        database.prepare('delete from orders where id = ?').run(1)
      },
      explain,
    )
    expect(database.inTransaction).toBe(true)
    database.exec('rollback')
    expect(plansIn(profiled)).toEqual({
      plans: [
        'SELECT orders: sqlite seq-scan 10',
        'SELECT orders: sqlite seq-scan 10',
        'SELECT mine: sqlite seq-scan 1',
        expect.stringMatching(/^DELETE orders: sqlite index-/),
      ],
      notExplained: [],
      failures: [],
    })
    database.close()
  })

  test('a database that is closed when it is its turn', async () => {
    const database = new Database(':memory:')
    database.exec(tables)
    const run = async () => {
      database.prepare('select note from orders where customer_id = ?').all(7)
      database.close()
    }
    expect(plansIn(await profile('block', run, explain))).toEqual({
      plans: [],
      notExplained: ['connection-failed'],
      failures: [],
    })
  })
})
