import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mysql from 'mysql2'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument, type NPlusOneFinding, profile } from '../src/index.ts'
import { createDatabase } from './create-database.ts'
import { createMysqlDatabase } from './create-mysql-database.ts'
import { loadNativeSqlite } from './instrument/native-sqlite.ts'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'

interface SqliteDatabase {
  exec(text: string): void
  prepare(text: string): { all(...values: readonly unknown[]): unknown[] }
  close(): void
}

const Sqlite = loadNativeSqlite<new (path: string) => SqliteDatabase>('better-sqlite3')
for (const driver of [pg, mysql, Sqlite]) if (driver !== undefined) instrument(driver)

const CUSTOMERS = 3_000
const ROWS = 60_000
const KEYS = 30

/** Estimates are mostly within 2, where the machine is quiet. */
const FACTOR = 5
const GRACE_MS = 2

/** A database with orders, and ways to send it statements. */
interface Shop {
  readonly engine: string
  /** Placeholder of one key, and the one of `KEYS` of them with its values. */
  readonly one: string
  readonly many: string
  bind(keys: readonly number[]): readonly unknown[]
  query(text: string, values?: readonly unknown[]): Promise<readonly { readonly id: number }[]>
  /** Unwatched, since it is written for the engine. */
  setUp(statements: readonly string[]): Promise<void>
  close(): Promise<void>
}

const digits =
  '(select 0 as d union select 1 union select 2 union select 3 union select 4 union select 5 union select 6 union select 7 union select 8 union select 9)'
const numbers = `select a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d + 1 as n from ${digits} a, ${digits} b, ${digits} c, ${digits} d, ${digits} e`
const schema = [
  'create table customers (id int primary key, name varchar(40))',
  'create table orders (id int primary key, customer_id int not null, total int not null, note varchar(100))',
  `insert into customers select n, 'c' from (${numbers}) x where n <= ${CUSTOMERS}`,
  `insert into orders select n, (n * 7919) % ${CUSTOMERS} + 1, n % 100, 'a note that makes a row as long as rows mostly are' from (${numbers}) x where n <= ${ROWS}`,
]

async function postgresShop(): Promise<Shop> {
  const pool = new pg.Pool({ connectionString: await createDatabase('explainer_loops'), max: 1 })
  const query = async (text: string, values: readonly unknown[] = []) => (await pool.query(text, [...values])).rows
  const setUp = async (statements: readonly string[]) => {
    for (const statement of statements) await pool.query(statement)
    await pool.query('vacuum analyze')
  }
  return {
    engine: 'postgres',
    one: '= $1',
    many: '= any($1)',
    bind: (keys) => [keys],
    query,
    setUp,
    close: () => pool.end(),
  }
}

async function mysqlShop(): Promise<Shop> {
  const uri = await createMysqlDatabase('explainer_loops')
  const pool = mysql.createPool({ uri, connectionLimit: 1 }).promise()
  const query = async (text: string, values: readonly unknown[] = []) =>
    (await pool.query(text, [...values]))[0] as unknown as { id: number }[]
  const setUp = async (statements: readonly string[]) => {
    for (const statement of statements) await pool.query(statement)
    await pool.query('analyze table customers, orders')
  }
  return { engine: 'mariadb', one: '= ?', ...listed, query, setUp, close: () => pool.end() }
}

const listed = {
  many: `in (${Array.from({ length: KEYS }, () => '?').join(', ')})`,
  bind: (keys: readonly number[]) => keys,
}

async function sqliteShop(): Promise<Shop> {
  if (Sqlite === undefined) throw new Error('better-sqlite3 is not there.')
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-loops-'))
  const database = new Sqlite(join(folder, 'shop.db'))
  const query = async (text: string, values: readonly unknown[] = []) =>
    database.prepare(text).all(...values) as { id: number }[]
  const setUp = async (statements: readonly string[]) => {
    for (const statement of [...statements, 'analyze']) database.exec(statement)
  }
  const close = async () => {
    database.close()
    rmSync(folder, { recursive: true })
  }
  return { engine: 'sqlite', one: '= ?', ...listed, query, setUp, close }
}

async function loop({ query, one }: Shop): Promise<void> {
  const customers = await query(`select id from customers where id <= ${KEYS}`)
  for (const { id } of customers) await query(`select * from orders where customer_id ${one}`, [id])
}

async function atOnce({ query, many, bind }: Shop): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, at) => at + 1)
  await query(`select * from orders where customer_id ${many}`, bind(keys))
}

/** The best of several, so that what else the machine does counts for little. */
async function bestOf(times: number, run: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let time = 0; time < times; time++) {
    const start = performance.now()
    await run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** The second time, since what indexes are tried with may take its time to start. */
async function alternativesOf(shop: Shop): Promise<NonNullable<NPlusOneFinding['alternatives']>> {
  await profile('warm', () => loop(shop), { explain: true })
  const { report } = await profile('loop', () => loop(shop), { explain: true })
  const [finding] = report.findings.filter((each) => each.kind === 'n-plus-one')
  if (finding?.alternatives === undefined) throw new Error(`Nothing is said of ${finding?.title ?? 'a loop'}.`)
  return finding.alternatives
}

const shops: readonly (readonly [string, boolean, () => Promise<Shop>])[] = [
  ['PostgreSQL', true, postgresShop],
  [`MariaDB (else ${HOW_TO_GET_MYSQL})`, process.env.NONPLUS_TEST_MYSQL_URL !== undefined, mysqlShop],
  ['SQLite', Sqlite !== undefined, sqliteShop],
]

describe.each(shops)('a loop that scans, on %s', (_, isThere, open) => {
  let shop: Shop

  beforeAll(async () => {
    if (!isThere) return
    shop = await open()
    await shop.setUp(schema)
  })

  afterAll(async () => {
    if (isThere) await shop.close()
  })

  test.skipIf(!isThere)(
    'what it would take is in the order of what it then takes',
    async () => {
      const told = await alternativesOf(shop)
      const taken = { now: await bestOf(3, () => loop(shop)), batched: await bestOf(5, () => atOnce(shop)) }
      await shop.setUp(['create index orders_customer on orders (customer_id)'])
      const after = { indexed: await bestOf(5, () => loop(shop)), both: await bestOf(5, () => atOnce(shop)) }
      expect(told.indexed).toBeLessThan(told.now)
      // what else the machine does slows both of them alike; how near figures are on a quiet one, bench/loops.mjs tells
      const expected = told.batched * (taken.now / told.now)
      expect(taken.batched).toBeLessThan(GRACE_MS + expected * FACTOR)
      expect(expected).toBeLessThan(GRACE_MS + taken.batched * FACTOR)
      expect(told).not.toHaveProperty('atMost')
      for (const { now, batched, indexed, both } of [told, { ...taken, ...after }]) {
        expect(both).toBeLessThanOrEqual(Math.min(batched, indexed))
        expect(Math.max(batched, indexed)).toBeLessThan(now / 2)
      }
    },
    60_000,
  )
})
