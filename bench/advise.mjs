// What it costs to look for indexes, by what they are tried with: `npx tsx bench/advise.mjs`, with NONPLUS_TEST_POSTGRES_URL
// and, for HypoPG, NONPLUS_TEST_POSTGRES15_URL set; NONPLUS_TEST_MYSQL_URL and NONPLUS_TEST_MYSQL9_URL for these. Prints milliseconds per statement, the median and the slowest.
import { createRequire } from 'node:module'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { adviseIndexes } from '../src/explain/advise-indexes.ts'
import { betterSqlite3Connection } from '../src/explain/better-sqlite3-connection.ts'
import { explainStatement } from '../src/explain/explain-statement.ts'
import { mysql2Connection } from '../src/explain/mysql2-connection.ts'
import { pgConnection } from '../src/explain/pg-connection.ts'
import { closePglite } from '../src/explain/pglite-server.ts'
import { readCatalog } from '../src/explain/read-catalog.ts'
import { readCases } from '../test/explain/read-case.ts'

const ROUNDS = 5
const {
  NONPLUS_TEST_POSTGRES_URL: postgres,
  NONPLUS_TEST_POSTGRES15_URL: postgres15,
  NONPLUS_TEST_MYSQL_URL: mariadb,
  NONPLUS_TEST_MYSQL9_URL: mysql9,
} = process.env

async function onPostgres(label, url, { scratch, prepare }) {
  const name = `nonplus_bench_${process.pid}`
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`create database ${name}`)
  const own = new URL(url)
  own.pathname = name
  const client = new pg.Client({ connectionString: own.href })
  await client.connect()
  if (prepare !== undefined) await client.query(prepare)
  const connection = await pgConnection(client)
  const times = []
  for (const each of readCases('postgres').filter(({ short }) => short !== 'pg18')) {
    await client.query('create schema trial; set search_path = trial, public')
    for (const text of each.setup) await client.query(text)
    const session = ['set search_path = trial, public', ...each.session]
    const request = { text: each.query, values: each.params, dialect: 'postgresql', mode: 'plan', session }
    times.push(...(await timesOf(connection, request, scratch)))
    await client.query('drop schema trial cascade')
  }
  await client.end()
  await admin.query(`drop database ${name} with (force)`)
  await admin.end()
  print(label, times)
}

async function onSqlite() {
  const Driver = createRequire(new URL('../test/native-sqlite/index.js', import.meta.url))('better-sqlite3')
  const times = []
  for (const each of readCases('sqlite')) {
    const database = new Driver(':memory:')
    for (const text of each.setup) database.exec(text)
    const connection = await betterSqlite3Connection(database)
    times.push(
      ...(await timesOf(connection, { text: each.query, values: each.params, dialect: 'sqlite', mode: 'plan' }, false)),
    )
  }
  print('SQLite, copy in memory', times)
}

async function onMysql(label, url) {
  const name = `nonplus_bench_${process.pid}`
  const client = await mysql.createConnection({ uri: url })
  const isMariadb = /maria/i.test((await client.query('select version() as version'))[0][0].version)
  await client.query(`set session ${isMariadb ? 'max_recursive_iterations' : 'cte_max_recursion_depth'} = 1000000`)
  const times = []
  for (const each of readCases('mysql')) {
    await client.query(`create database ${name}`)
    await client.query(`use ${name}`)
    for (const text of each.setup) await client.query(text)
    const connection = await mysql2Connection(await mysql.createConnection({ uri: url, database: name }))
    const request = { text: each.query, values: each.params, dialect: 'mysql', mode: 'plan' }
    times.push(...(await timesOf(connection, request, false)))
    await connection.close()
    await client.query(`drop database ${name}`)
  }
  await client.end()
  print(label, times)
}

async function timesOf(connection, request, scratch) {
  const { plan } = await explainStatement(connection, request)
  const tables = await readCatalog(connection, plan, ['orders', 'customers'])
  const times = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await adviseIndexes({ connection, request, plan, tables, scratch })
    times.push(performance.now() - start)
  }
  return times
}

function print(label, times) {
  const sorted = [...times].sort((one, other) => one - other)
  const [median, slowest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(`${label.padEnd(46)} ${median.toFixed(1).padStart(8)} ms ${slowest.toFixed(0).padStart(8)} ms`)
}

if (postgres15)
  await onPostgres('PostgreSQL 15, HypoPG (PGlite for gin)', postgres15, {
    scratch: false,
    prepare: 'create extension hypopg',
  })
if (postgres) await onPostgres('PostgreSQL 18, clone in PGlite', postgres, { scratch: false })
await onSqlite()
if (mysql9) await onMysql('MySQL 9, temporary table', mysql9)
if (mariadb) await onMysql('MariaDB, temporary table', mariadb)
await closePglite()
