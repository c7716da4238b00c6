// How near what an N+1 would take is to what it then takes: forty look-ups in 200,000 rows without an index, told by
// `profile()` and then tried, on each server there is. `npm run build` first. Servers are those in
// NONPLUS_TEST_POSTGRES_URL, NONPLUS_TEST_POSTGRES15_URL, NONPLUS_TEST_MYSQL_URL and NONPLUS_TEST_MYSQL9_URL; their
// users must be allowed to create databases.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2'
import pg from 'pg'
import { instrument, profile } from '../dist/index.js'

const Sqlite = createRequire(new URL('../test/native-sqlite/index.js', import.meta.url))('better-sqlite3')
for (const driver of [pg, mysql, Sqlite]) instrument(driver)

const ROWS = 200_000
const KEYS = 40
const SCHEMA = [
  'create table customers (id int primary key)',
  'create table orders (id int primary key, customer_id int not null, total int not null, note varchar(100))',
]
const DATABASE = `nonplus_bench_loops_${process.pid}`
const env = process.env

function rowsOf(customers, from, to) {
  const note = 'a note that makes a row as long as rows mostly are'
  return Array.from({ length: to - from }, (_, at) => {
    const id = from + at + 1
    return `(${id}, ${((id * 7919) % customers) + 1}, ${id % 100}, '${note}')`
  })
}

async function fill(run, customers) {
  for (const statement of SCHEMA) await run(statement)
  const ids = Array.from({ length: KEYS }, (_, at) => `(${at + 1})`)
  await run(`insert into customers values ${ids.join(', ')}`)
  for (let from = 0; from < ROWS; from += 5_000) {
    await run(`insert into orders values ${rowsOf(customers, from, from + 5_000).join(', ')}`)
  }
}

async function onPostgres(url, use) {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`create database ${DATABASE}`)
  const own = new URL(url)
  own.pathname = DATABASE
  const pool = new pg.Pool({ connectionString: own.href, max: 1 })
  pool.on('error', () => {}) // its database is dropped below
  const query = async (text, values) => (await pool.query(text, values)).rows
  await use({ one: '= $1', many: '= any($1)', bind: (keys) => [keys], query, run: query, tidy: 'vacuum analyze' })
  await pool.end()
  await admin.query(`drop database ${DATABASE} with (force)`)
  await admin.end()
}

const listed = { one: '= ?', many: `in (${Array.from({ length: KEYS }, () => '?').join(', ')})`, bind: (keys) => keys }

async function onMysql(uri, use) {
  const admin = mysql.createPool({ uri, connectionLimit: 1 }).promise()
  await admin.query(`create database ${DATABASE}`)
  const own = new URL(uri)
  own.pathname = DATABASE
  const pool = mysql.createPool({ uri: own.href, connectionLimit: 1 }).promise()
  const query = async (text, values) => (await pool.query(text, values))[0]
  await use({ ...listed, query, run: query, tidy: 'analyze table customers, orders' })
  await pool.end()
  await admin.query(`drop database ${DATABASE}`)
  await admin.end()
}

async function onSqlite(_, use) {
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-loops-'))
  const database = new Sqlite(join(folder, 'shop.db'))
  const query = async (text, values = []) => database.prepare(text).all(...values)
  await use({ ...listed, query, run: async (text) => database.exec(text), tidy: 'analyze' })
  database.close()
  rmSync(folder, { recursive: true })
}

async function bestOf(times, run) {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

async function compare(label, customers, { one, many, bind, query, run, tidy }) {
  await fill(run, customers)
  await run(tidy)
  const loop = async () => {
    for (const { id } of await query('select id from customers')) {
      await query(`select * from orders where customer_id ${one}`, [id])
    }
  }
  const keys = Array.from({ length: KEYS }, (_, at) => at + 1)
  const together = () => query(`select * from orders where customer_id ${many}`, bind(keys))
  // what indexes are tried with may take its time to start
  await profile('warm', loop, { explain: true })
  const { report } = await profile('loop', loop, { explain: true })
  const told = report.findings.find(({ kind }) => kind === 'n-plus-one')?.alternatives
  const taken = { now: await bestOf(3, loop), batched: await bestOf(7, together) }
  await run('create index orders_customer on orders (customer_id)')
  await run(tidy)
  const after = { indexed: await bestOf(7, loop), both: await bestOf(7, together) }
  const cells = Object.entries({ ...taken, ...after }).map(([name, ms]) => {
    const isTold = told !== undefined && (name in taken || told.indexed < told.now)
    return `${isTold ? told[name].toFixed(1) : '–'} / ${ms.toFixed(1)}`
  })
  console.log(`| ${[label, Math.round(ROWS / customers), ...cells].join(' | ')} |`)
}

const servers = [
  ['PostgreSQL 18, PGlite', env.NONPLUS_TEST_POSTGRES_URL, onPostgres],
  ['PostgreSQL 15, HypoPG', env.NONPLUS_TEST_POSTGRES15_URL, onPostgres],
  ['MariaDB', env.NONPLUS_TEST_MYSQL_URL, onMysql],
  ['MySQL 9', env.NONPLUS_TEST_MYSQL9_URL, onMysql],
  ['SQLite', ':memory:', onSqlite],
]
console.log('Milliseconds, told / taken\n')
console.log('| | rows per key | now | batched | indexed | both |\n| --- | --- | --- | --- | --- | --- |')
for (const [label, url, on] of servers) {
  if (url === undefined) continue
  for (const customers of [10_000, 500]) await on(url, (shop) => compare(label, customers, shop))
}
process.exit(0)
