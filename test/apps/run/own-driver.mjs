// Asks by a column without an index, through one driver or another.
import { createRequire } from 'node:module'

const [, , name, file] = process.argv
const require = createRequire(import.meta.url)
const TABLE = 'create table orders (id int primary key, customer_id int not null, note text)'
const NUMBERS = 'with recursive n (n) as (select 1 union all select n + 1 from n where n < 60000) select n'
const insert = `insert into orders ${NUMBERS}, n % 6000, 'private note ' || n from n`

const drivers = {
  async pglite() {
    const { PGlite } = await import('@electric-sql/pglite')
    const database = await PGlite.create()
    await database.exec(`${TABLE}; ${insert}; analyze orders`)
    await database.transaction(async (tx) => {
      const { rows } = await tx.query('select id, note from orders where customer_id = $1', [7]) // the scan
      console.log(rows.length)
    })
  },
  async 'better-sqlite3'() {
    const Database = require('better-sqlite3')
    const database = new Database(file)
    database.exec(`${TABLE}; ${insert}; analyze`)
    console.log(database.prepare('select id, note from orders where customer_id = ?').all(7).length) // the scan
  },
  async 'node:sqlite'() {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(file)
    database.exec(`${TABLE}; ${insert}; analyze`)
    // the scan
    console.log(
      database.prepare('select id, note from orders where customer_id = $customer').all({ customer: 7 }).length,
    )
  },
  async libsql() {
    const { createClient } = await import('@libsql/client')
    const client = createClient({ url: `file:${file}` })
    await client.executeMultiple(`${TABLE}; ${insert}; analyze`)
    const { rows } = await client.execute({ sql: 'select id, note from orders where customer_id = ?', args: [7] }) // the scan
    console.log(rows.length)
  },
  async neon() {
    const { neonConfig, Pool } = await import('@neondatabase/serverless')
    const { default: WebSocket } = await import('ws')
    const { host } = new URL(process.env.NEON_PROXY)
    Object.assign(neonConfig, {
      webSocketConstructor: WebSocket,
      wsProxy: () => `${host}/v1`,
      useSecureWebSocket: false,
      pipelineConnect: false,
    })
    const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
    for (const text of [TABLE, insert, 'analyze orders']) await pool.query(text)
    const { rows } = await pool.query('select id, note from orders where customer_id = $1', [7]) // the scan
    console.log(rows.length)
    await pool.end()
  },
}

await drivers[name]()
