import mysql from 'mysql2/promise'
import { afterAll, describe, expect, test } from 'vitest'
import { readPlan } from '../../src/explain/read-plan.ts'
import { nodesOf, type Plan, type PlanNode } from '../../src/model/plan.ts'

const servers = [
  ['MariaDB or MySQL of this run', process.env.NONPLUS_TEST_MYSQL_URL],
  ['MySQL 9', process.env.NONPLUS_TEST_MYSQL9_URL],
].filter((server): server is [string, string] => server[1] !== undefined && server[1] !== '')

const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const digits = `(${Array.from({ length: 10 }, (_, digit) => `select ${digit} d`).join(' union all ')})`
const schema = [
  'create table customers (id int primary key, country varchar(9) not null, note varchar(60))',
  'create table orders (id int primary key, customer_id int not null, status varchar(9), total int, key orders_customer (customer_id), key orders_total (total, id))',
  'create table parts (y int not null, v int) partition by range (y) (partition p0 values less than (2021), partition p1 values less than (2030))',
  `insert into customers select 1 + a.d + 10 * b.d + 100 * c.d, if(b.d = 7, 'de', 'fr'), repeat('n', b.d) from ${digits} a, ${digits} b, ${digits} c`,
  `insert into orders select a.id + 1000 * (b.id - 1), 1 + a.id % 1000, if(a.id % 50 = 0, 'new', 'done'), a.id * 79 % 1000 from customers a, customers b where b.id <= 4`,
  'insert into parts select 2020 + id % 2, id from customers',
  'analyze table customers, orders, parts',
]

const statements = [
  'select 1',
  'select * from orders where id = 7',
  'select * from orders where customer_id = 7',
  'select * from orders where status = "new"',
  'select total from orders where total between 10 and 12',
  'select * from orders where total > 990 and status = "new"',
  'select * from orders where customer_id = 3 or total = 5',
  'select * from orders where id = -1',
  'select * from orders where 1 = 0',
  'select * from orders order by status limit 3',
  'select id, total from orders order by total, id limit 3',
  'select id, total from orders order by total desc, id desc limit 3',
  'select status, count(*) from orders group by status',
  'select status, count(*) from orders group by status order by 2',
  'select distinct status from orders',
  'select customer_id, count(*) from orders group by customer_id',
  'select * from customers c join orders o on o.customer_id = c.id where c.country = "de"',
  'select * from customers c join orders o on o.customer_id = c.id where c.country = "de" order by o.total',
  'select * from customers c left join orders o on o.customer_id = c.id where c.id < 30',
  'select * from customers c left join orders o on o.customer_id = c.id where o.id is null',
  'select * from customers a join customers b on a.note = b.note where a.country = "de"',
  'select * from customers c join orders o on o.id = c.id join orders p on p.customer_id = o.customer_id',
  'select *, (select count(*) from orders o where o.customer_id = c.id) from customers c where id < 20',
  'select * from orders where total > (select avg(total) from orders)',
  'select * from customers c where exists (select 1 from orders o where o.customer_id = c.id and o.total > c.id)',
  'select * from customers c where id not in (select customer_id from orders where status = "new")',
  'select * from (select customer_id, count(*) n from orders group by 1) t where n > 3',
  'select * from (select customer_id, count(*) n from orders group by 1) t join customers c on c.id = t.customer_id',
  'select id from orders where total = 3 union select id from customers where id < 9',
  'select id from orders where total = 3 union all select id from customers where id < 9',
  'select * from (select id from orders where total = 3 union select id from customers where id < 9) t',
  'with recursive r as (select 1 n union all select n + 1 from r where n < 9) select * from r join customers on id = n',
  'select * from parts where y = 2020',
  'select max(total) from orders',
  'select * from orders force index (orders_total) where total = 5 and status = "new" for update',
]
const writes = [
  'update orders set status = "x" where total = 5',
  'delete from orders where status = "x"',
  'insert into orders select id + 90000, 1, "x", 1 from customers where id < 9',
]

/** What both forms of EXPLAIN say of a table that is read, in no order: only JSON tells where a subquery stands. */
function reads(plan: Plan): string[] {
  return nodesOf(plan.root)
    .filter(({ relation, source, op }) => (relation ?? source) !== undefined && op !== 'union' && op !== 'modify-table')
    .map((node) => JSON.stringify(readOf(node)))
    .sort()
}

function readOf({
  op,
  nodeType,
  relation,
  index,
  keyRefs,
  possibleKeys,
  partitions,
  rowsExamined,
  covering,
}: PlanNode) {
  // A table that is made has a name of its own in JSON, and a number in the table.
  const isMade = op === 'subquery-scan' || op === 'cte-scan'
  const access = { op, nodeType: nodeType.replace(/\|.*/, ''), covering: covering === true, rowsExamined }
  return isMade ? { op } : { ...access, relation, index, keyRefs, possibleKeys, partitions }
}

function shapeOf(plan: Plan): string[] {
  const counted = new Set(['nested-loop', 'hash-join', 'union', 'modify-table'])
  const subqueries = nodesOf(plan.root).flatMap(({ correlated }) => (correlated === true ? ['correlated'] : []))
  return [...nodesOf(plan.root).flatMap(({ op }) => (counted.has(op) ? [op] : [])), ...subqueries].sort()
}

function drawn(names: readonly string[], rows: readonly Record<string, unknown>[]): string {
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? 'NULL')))
  const widths = names.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [rule, line(names), rule, ...cells.map(line), rule, '1 row in set, 1 warning (0.00 sec)', ''].join('\n')
}

function vertical(names: readonly string[], rows: readonly Record<string, unknown>[]): string {
  const blocks = rows.map((row, at) => [
    `*************************** ${at + 1}. row ***************************`,
    ...names.map((name) => `${name.padStart(13)}: ${row[name] ?? 'NULL'}`),
  ])
  return `${blocks.flat().join('\n')}\n${rows.length} rows in set (0.00 sec)\n`
}

describe.each(servers)('%s', (_, url) => {
  const connection = (async () => {
    const to = await mysql.createConnection({ uri: url })
    const name = `nonplus_rows_${process.pid}`
    await to.query(`create database ${name}`)
    closing.push(async () => {
      await to.query(`drop database ${name}`)
      await to.end()
    })
    await to.query(`use ${name}`)
    for (const statement of schema) await to.query(statement)
    return to
  })()

  test('the rows of EXPLAIN say of each table what its JSON says', { timeout: 120_000 }, async () => {
    const to = await connection
    const [[about]] = (await to.query('select version() as version')) as unknown as [[{ version: string }]]
    const isMariadb = /mariadb/i.test(about.version)
    if (!isMariadb) await to.query('set explain_json_format_version = 1').catch(() => undefined)
    for (const sql of [...statements, ...writes]) {
      const [cell] = (await to.query(`explain format=json ${sql}`)) as unknown as [{ EXPLAIN: string }[]]
      const json = readPlan(cell, { engine: isMariadb ? 'mariadb' : 'mysql' })
      const [rows, fields] = (await to.query(
        isMariadb ? `explain ${sql.includes('parts') ? 'partitions' : ''} ${sql}` : `explain format=traditional ${sql}`,
      )) as unknown as [Record<string, unknown>[], { name: string }[]]
      const names = fields.map(({ name }) => name)
      const plan = readPlan(rows)
      expect.soft(plan.engine, sql).toBe(json.engine)
      const shown = `${sql}\n${drawn(names, rows)}${cell[0]?.EXPLAIN}`
      expect.soft(reads(plan), shown).toEqual(reads(json))
      if (!writes.includes(sql) || !isMariadb) expect.soft(shapeOf(plan), shown).toEqual(shapeOf(json))
      for (const text of [drawn(names, rows), vertical(names, rows), tabbed(names, rows)])
        expect.soft(nodesOf(readPlan(text).root), text).toEqual(nodesOf(plan.root))
    }
  })
})

function tabbed(names: readonly string[], rows: readonly Record<string, unknown>[]): string {
  return [names.join('\t'), ...rows.map((row) => names.map((name) => row[name] ?? 'NULL').join('\t'))].join('\n')
}
