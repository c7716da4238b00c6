import { randomBytes } from 'node:crypto'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adviseIndexes } from '../../src/explain/advise-indexes.ts'
import type { Advised } from '../../src/explain/advisor.ts'
import { explainStatement } from '../../src/explain/explain-statement.ts'
import { mysql2Connection } from '../../src/explain/mysql2-connection.ts'
import { readCatalog } from '../../src/explain/read-catalog.ts'
import { nodesOf } from '../../src/model/plan.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'
import { statementOf } from '../../src/sql/statement.ts'
import { readCases } from './read-case.ts'

const { NONPLUS_TEST_MYSQL_URL, NONPLUS_TEST_MYSQL9_URL } = process.env
const servers = [
  ['MariaDB', NONPLUS_TEST_MYSQL_URL],
  ['MySQL 9', NONPLUS_TEST_MYSQL9_URL],
].filter((server): server is [string, string] => server[1] !== undefined)
if (servers.length < 2)
  process.stderr.write('!! Advice is not tried on both MariaDB and MySQL 9: see test/mysql-9.sh\n')

const ROWS = 30_000

const TABLES = [
  'create table customers (id int primary key, email varchar(80) not null, country varchar(2) not null)',
  `insert into customers with recursive s as (select 1 g union all select g + 1 from s where g < 3000)
    select g, concat('user', g, '@ex.com'), elt(1 + g % 5, 'US', 'DE', 'FR', 'BR', 'IN') from s`,
  `create table orders (id int primary key auto_increment, customer_id int not null, status varchar(16) not null,
    total decimal(10, 2) not null, created_at datetime not null, note varchar(80), remarks text)`,
  `insert into orders with recursive s as (select 1 g union all select g + 1 from s where g < ${ROWS})
    select g, 1 + ((g * 2654435761) % 4294967296) % 3000,
      case when g % 1000 = 0 then 'refunded' when g % 100 < 3 then 'pending' else 'done' end,
      floor(((g * 2654435761) % 4294967296) / 7) % 50000 / 100, date_add('2024-01-01', interval g minute),
      repeat('x', 60), repeat('y', 90) from s`,
  // rows of one order lie beside each other
  'create table items (id int primary key auto_increment, order_id int not null, sku varchar(10) not null)',
  `insert into items (order_id, sku) with recursive s as (select 1 g union all select g + 1 from s where g < ${ROWS})
    select 1 + floor(g / 3), concat('s', (g * 7919) % 300) from s`,
  'create table pages (code char(32) primary key, author int not null)',
  `insert into pages with recursive s as (select 1 g union all select g + 1 from s where g < 20000)
    select rpad(lower(lpad(hex((g * 2654435761) % 4294967296), 8, '0')), 32, '0'), g % 900 from s`,
  'create table logs (at datetime not null, level int not null)',
  `insert into logs with recursive s as (select 1 g union all select g + 1 from s where g < 20000)
    select date_add('2024-01-01', interval g minute), g % 1000 from s`,
  'analyze table customers, orders, items, pages, logs',
]

/** What has to be advised, of MariaDB and MySQL alike; each is compared with the plan after the index was really made. */
const STATEMENTS: readonly (readonly [text: string, advised: readonly string[]])[] = [
  ['select * from orders where customer_id = 77', ['orders(customer_id)']],
  ["select * from orders where status = 'refunded'", ['orders(status)']],
  ["select * from orders where status = 'done'", []],
  ["update orders set total = 0 where status = 'done'", []],
  ['select * from orders where total > 499', ['orders(total)']],
  ['select * from orders where total > 100', []],
  ['select * from orders order by total limit 10', ['orders(total)']],
  ['select * from orders order by total', []],
  ["select * from orders where status = 'pending' order by created_at desc limit 10", ['orders(status,created_at)']],
  ["select * from orders where note = 'nothing' limit 1", ['orders(note)']],
  ["select * from orders where status = 'done' limit 1", []],
  ["select * from orders where note like 'nothing%'", ['orders(note)']],
  ['select * from orders where customer_id = 3 or total > 499', ['orders(customer_id)', 'orders(total)']],
  ["select * from orders where customer_id = 3 or status = 'done'", []],
  ['select * from orders o join items i on i.order_id = o.id where o.id between 100 and 120', ['items(order_id)']],
  // alone it would not be used, for the items are still read whole
  ['select * from orders o join items i on i.order_id = o.id where o.customer_id = 9', []],
  [
    "select o.* from orders o join customers c on c.id = o.customer_id where c.email = 'user7@ex.com'",
    ['customers(email)', 'orders(customer_id)'],
  ],
  ['select * from customers c where c.id in (select customer_id from orders o where o.total > 499)', ['orders(total)']],
  ['delete from orders where customer_id = 44', ['orders(customer_id)']],
  ['select * from pages where author = 5', ['pages(author)']],
]

describe.each(servers)('in temporary tables of %s', (name, url) => {
  const database = `nonplus_advice_${randomBytes(4).toString('hex')}`
  const own = new URL(url)
  own.pathname = database
  let admin: mysql.Connection
  let side: SideConnection

  const open = (uri: string): Promise<mysql.Connection> => mysql.createConnection({ uri })
  const fill = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await admin.query(text)
  }
  const rowsOf = async (text: string): Promise<Record<string, unknown>[]> =>
    (await admin.query(text))[0] as unknown as Record<string, unknown>[]
  const isUsed = async (text: string, index: string): Promise<boolean> => {
    const outcome = await explainStatement(side, { text, dialect: 'mysql', mode: 'plan' })
    if (!('plan' in outcome)) throw new Error(outcome.refusal.message)
    return nodesOf(outcome.plan.root).some((node) => node.index?.split(/[\s,()]+/).includes(index))
  }

  beforeAll(async () => {
    admin = await open(url)
    await admin.query(`create database ${database}`)
    await admin.query(`use ${database}`)
    await admin.query(
      `set session ${name === 'MariaDB' ? 'max_recursive_iterations' : 'cte_max_recursion_depth'} = 1000000`,
    )
    await fill(TABLES)
    side = await mysql2Connection(await open(own.href))
  }, 120_000)

  afterAll(async () => {
    await side?.close()
    await admin?.query(`drop database if exists ${database}`)
    await admin?.end()
  })

  test.each(STATEMENTS)(
    '%s',
    async (text, advised) => {
      const { indexes, verifiedBy } = await advise(side, text)
      expect(namesOf({ indexes, verifiedBy })).toEqual(advised)
      expect(verifiedBy).toBe('temporary-table-clone')
      for (const { verifiedBy: by, costBefore, costAfter } of indexes) {
        expect(by).toBe('temporary-table-clone')
        expect(costBefore).toBeGreaterThan(costAfter * 2)
      }
      const names = indexes.map(({ ddl }) => /INDEX (\S+)/.exec(ddl)?.[1] ?? '')
      const readBefore = await rowsRead(admin, text)
      for (const { ddl } of indexes) await admin.query(ddl)
      try {
        await admin.query('analyze table customers, orders, items, pages')
        for (const each of names) expect(await isUsed(text, each)).toBe(true)
        if (names.length > 0) expect((await rowsRead(admin, text)) * 2).toBeLessThanOrEqual(readBefore)
      } finally {
        for (const [at, each] of names.entries()) await admin.query(`drop index ${each} on ${indexes[at]?.table}`)
        await admin.query('analyze table customers, orders, items, pages')
      }
    },
    60_000,
  )

  test.each([
    ['a table that is named twice', 'select * from orders a join orders b on a.note = b.note where a.id = 5'],
    ['a large table without a primary key', 'select * from logs where level = 5'],
    ['a text without a length', "select * from orders where remarks = 'x'"],
  ])('nothing can be tried of %s', async (_, text) => {
    expect(await advise(side, text)).toEqual({ indexes: [], verifiedBy: 'none' })
  })

  test('scratch takes larger tables whole', async () => {
    const advice = await advise(side, 'select * from logs where level = 5', true)
    expect(namesOf(advice)).toEqual(['logs(level)'])
  })

  test('a connection that only its session says the database of', async () => {
    const bare = await mysql2Connection(await open(url))
    const text = 'select * from orders where customer_id = 77'
    expect(namesOf(await advise(bare, text, false, [`use ${database}`]))).toEqual(['orders(customer_id)'])
    await bare.close()
  })

  test('a user who may read and make temporary tables, and nothing else', async () => {
    const user = `np_${randomBytes(4).toString('hex')}`
    await admin.query(`create user '${user}'@'%' identified by 'x'`)
    const reader = new URL(own.href)
    reader.username = user
    reader.password = 'x'
    try {
      await admin.query(`grant select on ${database}.* to '${user}'@'%'`)
      const without = await mysql2Connection(await open(reader.href))
      const text = 'select * from orders where customer_id = 77'
      expect(await advise(without, text)).toEqual({ indexes: [], verifiedBy: 'none' })
      await without.close()
      await admin.query(`grant create temporary tables on ${database}.* to '${user}'@'%'`)
      const permitted = await mysql2Connection(await open(reader.href))
      const logged = await logPosition(admin)
      expect(namesOf(await advise(permitted, text))).toEqual(['orders(customer_id)'])
      expect(await logPosition(admin)).toEqual(logged)
      await permitted.close()
    } finally {
      await admin.query(`drop user '${user}'@'%'`)
    }
  })

  test('at each statement of a trial, others see and can do what they could', async () => {
    const eyes = await open(own.href)
    await eyes.query('set session lock_wait_timeout = 1, innodb_lock_wait_timeout = 1')
    const tables = async () => JSON.stringify(await rowsOf('show full tables'))
    const state = async () => JSON.stringify(await rowsOf('checksum table orders'))
    const [before, contents] = [await tables(), await state()]
    let statements = 0
    let isInTransaction = false
    const watched: SideConnection = {
      ...side,
      query: async (text, values) => {
        const rows = await side.query(text, values)
        expect(await tables()).toBe(before)
        if (/^(start transaction|commit|rollback)/i.test(text)) isInTransaction = /^start/i.test(text)
        // no row is locked, and the table itself only while it is read
        await eyes.query('start transaction')
        await eyes.query('select count(*) from orders where id in (1, 15000, 30000) for update')
        await eyes.query('rollback')
        if (!isInTransaction) await eyes.query("alter table orders comment = ''")
        statements++
        return rows
      },
    }
    expect(namesOf(await advise(watched, 'select * from orders where customer_id = 77'))).toEqual([
      'orders(customer_id)',
    ])
    expect(statements).toBeGreaterThan(20)
    expect(await state()).toBe(contents)
    await eyes.end()
  }, 60_000)

  test('a connection that is killed in the middle leaves nothing, and one that goes on reads the table itself', async () => {
    const whole = await side.query('select count(*) as n from orders')
    await advise(side, 'select * from orders where customer_id = 77')
    expect(await side.query('select count(*) as n from orders')).toEqual(whole)
    const client = await open(own.href)
    client.on('error', () => undefined)
    const doomed = await mysql2Connection(client)
    const killing: SideConnection = {
      ...doomed,
      query: async (text, values) => {
        const rows = await doomed.query(text, values)
        if (/^INSERT IGNORE INTO `\w+`\.`orders`/.test(text)) await admin.query(`kill ${client.threadId}`)
        return rows
      },
    }
    const text = 'select * from orders where customer_id = 77'
    const outcome = await advise(killing, text).catch(() => undefined)
    expect(outcome?.indexes ?? []).toEqual([])
    expect(await rowsOf('select count(*) as n from orders')).toEqual(whole)
    expect(await rowsOf("show tables like 'nonplus%'")).toEqual([])
  })

  test.each(readCases('mysql').map((each) => [each.id, each] as const))(
    '%s',
    async (_, each) => {
      await admin.query(`drop database ${database}`)
      await admin.query(`create database ${database}`)
      await admin.query(`use ${database}`)
      await side.query(`use ${database}`)
      await fill(each.setup)
      const wanted = each.fix.flatMap((text) => {
        const match = /alter table (\w+) add index\s*(\([^)]*\))/i.exec(text)
        return match === null ? [] : [`${match[1]}${match[2]}`]
      })
      const advice = await advise(side, each.query)
      expect(namesOf(advice)).toEqual(wanted)
      if (wanted.length > 0) expect(advice.verifiedBy).toBe('temporary-table-clone')
      await fill(each.fix)
      expect(namesOf(await advise(side, each.query))).toEqual([])
    },
    60_000,
  )
})

async function advise(
  connection: SideConnection,
  text: string,
  scratch = false,
  session: readonly string[] = [],
): Promise<Advised> {
  const request = { text, dialect: 'mysql', mode: 'plan', session, timeoutMs: 10_000 } as const
  const outcome = await explainStatement(connection, request)
  if (!('plan' in outcome)) throw new Error(outcome.refusal.message)
  const tables = await readCatalog(connection, outcome.plan, statementOf(text, 'mysql').tables)
  return adviseIndexes({ connection, request, plan: outcome.plan, tables, scratch })
}

function namesOf({ indexes }: Advised): string[] {
  return indexes.map(({ table, columns }) => `${table}(${columns.join(',')})`).sort()
}

/** Rows that the server reads for a statement; a change is undone. */
async function rowsRead(connection: mysql.Connection, text: string): Promise<number> {
  await connection.query('flush status')
  await connection.query('start transaction')
  await connection.query(text)
  await connection.query('rollback')
  const [rows] = await connection.query("show session status like 'handler_read%'")
  return (rows as { Value: string }[]).reduce((sum, { Value }) => sum + Number(Value), 0)
}

/** Where the binary log ends, where there is one. */
async function logPosition(connection: mysql.Connection): Promise<unknown> {
  const [rows] = await connection.query('show binary log status').catch(() => [[]])
  return rows
}
