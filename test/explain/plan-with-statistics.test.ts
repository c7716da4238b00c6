import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adviseIndexes } from '../../src/explain/advise-indexes.ts'
import type { DatabaseStatistics } from '../../src/explain/database-statistics.ts'
import { pgConnection } from '../../src/explain/pg-connection.ts'
import { closePglite } from '../../src/explain/pglite-server.ts'
import { planWithStatistics } from '../../src/explain/plan-with-statistics.ts'
import { postgresPlan } from '../../src/explain/postgres-plan.ts'
import { readCatalog } from '../../src/explain/read-catalog.ts'
import { exportStatistics, readStatisticsFile, statisticsText } from '../../src/explain/statistics-file.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'
import { createDatabase } from '../create-database.ts'

/** All that a clone has to make again: types of the database's own, extensions, partitions, views, keys, expressions. */
const SCHEMA = `
create schema shop;
create extension citext;
create type shop.state as enum ('new', 'paid', 'sent');
create domain shop.price as numeric(10, 2) check (value >= 0);
create table shop.customers (id int primary key, email citext not null unique, tags text[], "Odd Name" int);
create table shop.orders (id int generated always as identity primary key, customer_id int not null references shop.customers,
  state shop.state not null, total shop.price not null, created_at timestamp not null, gone text);
alter table shop.orders drop column gone;
create index on shop.orders (customer_id, created_at);
create index on shop.customers (lower(email::text));
create index on shop.orders (created_at) where state = 'new';
create table shop.events (at date not null, kind int not null) partition by range (at);
create table shop.events_1 partition of shop.events for values from ('2026-01-01') to ('2026-02-01');
create table shop.events_2 partition of shop.events for values from ('2026-02-01') to ('2026-03-01');
create index on shop.events (kind);
create view shop.paid as select o.*, c.email from shop.orders o join shop.customers c on c.id = o.customer_id where o.state = 'paid'`

const ROWS = `
insert into shop.customers select g, 'User' || g || '@ex.com', array['t' || g % 7], g % 5 from generate_series(1, 5000) g;
insert into shop.orders (customer_id, state, total, created_at) select 1 + g % 5000,
  (case when g % 100 = 0 then 'new' when g % 10 = 0 then 'sent' else 'paid' end)::shop.state, g % 500,
  timestamp '2026-01-01' + g * interval '1 minute' from generate_series(1, 60000) g;
insert into shop.events select date '2026-01-01' + g % 59, g % 300 from generate_series(1, 40000) g;
vacuum analyze shop.customers; vacuum analyze shop.orders; analyze shop.events`

const STATEMENTS: readonly [string, string, readonly unknown[]][] = [
  ['an enum', 'select * from shop.orders where state = $1 order by total limit 20', ['new']],
  ['a citext', 'select id from shop.customers where email = $1', ['user77@ex.com']],
  ['an expression that is indexed', 'select id from shop.customers where lower(email::text) = $1', ['user77@ex.com']],
  ['a view', 'select count(*) from shop.paid where customer_id < $1', [100]],
  ['partitions', 'select count(*) from shop.events where kind = $1 and at >= $2', [7, '2026-02-10']],
  [
    'a join over a foreign key',
    'select c.email, o.total from shop.customers c join shop.orders o on o.customer_id = c.id',
    [],
  ],
  ['a partial index', "select * from shop.orders where state = 'new' and created_at < $1", ['2026-01-05']],
  ['an array', 'select * from shop.customers where tags @> $1', [['t3']]],
  ['a date', 'select * from shop.orders where created_at > $1', [new Date('2026-02-10T00:00:00Z')]],
  [
    'a grouping by the key',
    'select c.id, c.email, sum(o.total) from shop.customers c join shop.orders o on o.customer_id = c.id group by c.id',
    [],
  ],
  ['a change', 'update shop.orders set total = 0 where customer_id = $1', [5]],
]

let full: pg.Client
let empty: pg.Client
let source: SideConnection
let development: SideConnection
let statistics: DatabaseStatistics

async function connect(name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await createDatabase(name) })
  await client.connect()
  for (const statement of SCHEMA.split(';')) await client.query(statement)
  return client
}

beforeAll(async () => {
  full = await connect('statistics_full')
  empty = await connect('statistics_empty')
  for (const statement of ROWS.split(';')) await full.query(statement)
  source = await pgConnection(full as never)
  development = await pgConnection(empty as never)
  statistics = readStatisticsFile(statisticsText(await exportStatistics(source)))
})

afterAll(async () => {
  await full.end()
  await empty.end()
  await closePglite()
})

async function planAtSource(text: string, values: readonly unknown[]): Promise<Plan> {
  await full.query('begin read only')
  await full.query('set local max_parallel_workers_per_gather = 0')
  const rows = await source.query(`explain (format json, verbose, settings) ${text}`, values)
  await full.query('rollback')
  return postgresPlan(JSON.parse(String(rows[0]?.['QUERY PLAN'])))
}

describe('a development database without rows plans as production does', () => {
  test.each(STATEMENTS)('with %s', async (_, text, values) => {
    const wanted = await planAtSource(text, values)
    const request = { text, values, dialect: 'postgresql', mode: 'plan' } as const
    const plan = await planWithStatistics(development, statistics, request)
    expect(plan.fingerprint).toBe(wanted.fingerprint)
    const cost = wanted.root.totalCost as number
    expect(Math.abs((plan.root.totalCost as number) - cost) / cost).toBeLessThan(0.05)
    expect(plan.serverVersion).toMatch(/^18/)
  })

  test('with values that are not known', async () => {
    const text = 'select * from shop.orders where state = $1'
    const plan = await planWithStatistics(development, statistics, { text, dialect: 'postgresql', mode: 'plan' })
    expect(plan.root.planRows).toBe(20_000)
  })
})

test('indexes are tried with them, and cost what they would there', async () => {
  const request = {
    text: 'select * from shop.orders where total = $1',
    values: [77],
    dialect: 'postgresql',
    mode: 'plan',
  } as const
  const plan = await planWithStatistics(development, statistics, request)
  const catalog = await readCatalog(development, plan)
  const tables = catalog.map((table) => ({ ...table, rows: 60_000, statistics: { isMissing: false } }))
  const advice = await adviseIndexes({ connection: development, request, plan, tables, statistics, scratch: false })
  expect(advice).toMatchObject({
    verifiedBy: 'pglite',
    indexes: [{ ddl: 'CREATE INDEX ON shop.orders (total)', verifiedBy: 'pglite' }],
  })
  await full.query('begin; set local max_parallel_workers_per_gather = 0; create index on shop.orders (total)')
  const { rows } = await full.query('explain (format json) select * from shop.orders where total = 77')
  await full.query('rollback')
  const real = rows[0]['QUERY PLAN'][0].Plan['Total Cost']
  expect((advice.indexes[0]?.costAfter ?? 0) / real).toBeCloseTo(1, 1)
  const { rows: left } = await empty.query("select 1 from pg_indexes where indexname like 'nonplus%'")
  expect(left).toEqual([])
})

describe('a statistics file', () => {
  const text = 'select * from shop.orders where state = $1'
  const request = { text, values: ['new'], dialect: 'postgresql', mode: 'plan' } as const

  test('holds no values where these are stripped', async () => {
    const file = statisticsText(await exportStatistics(source, { stripValues: true }))
    expect(file).not.toMatch(/ex\.com|paid|2026-0/)
    const plan = await planWithStatistics(development, readStatisticsFile(file), request)
    expect(plan.root.planRows).toBe(20_000)
    expect((await planWithStatistics(development, statistics, request)).root.planRows).toBeLessThan(1_000)
  })

  test('says which table it does not know', async () => {
    const without = { ...statistics, relations: statistics.relations.filter(({ name }) => name !== 'orders') }
    await expect(planWithStatistics(development, without, request)).rejects.toThrow(
      'The statistics have nothing on the table shop.orders, which the statement reads.',
    )
  })

  test('can be the SQL of pg_dump --statistics-only', async () => {
    const { relations } = statistics
    const orders = relations.filter(({ name }) => name === 'orders' || name.startsWith('orders_'))
    const read = readStatisticsFile(dumpOf(orders))
    const wanted = orders.map(({ schema, name, pages, rows, allVisiblePages, columns }) => {
      return { schema, name, pages, rows, allVisiblePages, columns }
    })
    expect(read.relations).toEqual(wanted)
    expect(read.serverVersion).toBe('18.4')
    const plan = await planWithStatistics(development, read, request)
    expect(plan.root.planRows).toBeLessThan(1_000)
  })

  test.each([
    ['', 'it is empty'],
    ['select 1', 'it begins with "select 1"'],
    ['{"format":"nonplus-statistics","version":1,"relations":[', 'it is cut off'],
    ['{"format":"other"}', 'its "format" is "other" instead of "nonplus-statistics"'],
    ['{"format":"nonplus-statistics","version":2}', 'its version is 2, and this nonplus reads 1'],
    ['{"format":"nonplus-statistics","version":1}', 'it has no list of "relations"'],
    [
      '{"format":"nonplus-statistics","version":1,"relations":[{"schema":"a","name":"b","pages":"x"}]}',
      '"relations[0].pages" must be a number, and is "x"',
    ],
    ["select pg_restore_relation_stats('schemaname', 'a'", 'its last call is cut off'],
    ["select pg_restore_relation_stats('schemaname', 'a')", 'a call of it has no "relname"'],
  ])('that is broken is refused: %s', (text, reason) => {
    expect(() => readStatisticsFile(text)).toThrow(reason)
    expect(() => readStatisticsFile(text)).toThrow(expect.objectContaining({ code: 'ERR_STATISTICS_INVALID' }))
  })
})

/** As pg_dump of PostgreSQL 18 writes it. */
function dumpOf(relations: DatabaseStatistics['relations']): string {
  const literal = (value: unknown): string => `'${String(value).replaceAll("'", "''")}'`
  const call = (name: string, pairs: readonly (readonly [string, unknown, string])[]): string =>
    `SELECT * FROM pg_catalog.${name}(\n${[["'version', '180004'::integer"], ...pairs.map(([key, value, type]) => [`'${key}', ${literal(value)}${type}`])].map((line) => `\t${line}`).join(',\n')}\n);\n`
  return `-- Dumped from database version 18.4\n${relations
    .map(({ schema, name, pages, rows, allVisiblePages, columns }) => {
      const head = [['schemaname', schema, ''] as const, ['relname', name, ''] as const]
      const sizes = [
        ['relpages', pages, '::integer'] as const,
        ['reltuples', rows, '::real'] as const,
        ['relallvisible', allVisiblePages, '::integer'] as const,
        ['relallfrozen', 0, '::integer'] as const,
      ]
      const ofColumns = columns.map((column) =>
        call('pg_restore_attribute_stats', [
          ...head,
          ['attname', column.column, ''],
          ['inherited', column.isInherited ? 't' : 'f', '::boolean'],
          ['null_frac', column.nullFraction, '::real'],
          ['avg_width', column.averageWidth, '::integer'],
          ['n_distinct', column.distinct, '::real'],
          ...(column.commonValues === undefined ? [] : [['most_common_vals', column.commonValues, '::text'] as const]),
          ...(column.commonFrequencies === undefined
            ? []
            : [['most_common_freqs', column.commonFrequencies, '::real[]'] as const]),
          ...(column.histogram === undefined ? [] : [['histogram_bounds', column.histogram, '::text'] as const]),
          ...(column.correlation === undefined ? [] : [['correlation', column.correlation, '::real'] as const]),
        ]),
      )
      return call('pg_restore_relation_stats', [...head, ...sizes]) + ofColumns.join('')
    })
    .join('\n')}`
}
