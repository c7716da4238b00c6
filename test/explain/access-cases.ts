/** A statement whose plan shows how a table is read, and what must be there first. */
export interface AccessCase {
  readonly name: string
  readonly engine: 'postgres' | 'mysql' | 'sqlite'
  readonly setup: readonly string[]
  readonly sql: string
  readonly values?: readonly unknown[]
}

const series = (from: string, to: number): string =>
  `with recursive s as (select 1 g union all select g + 1 from s where g < ${to}) ${from}`
const hash = '(g * 7919) % 100003'

const pgOrders = [
  `create table orders (id int primary key, customer_id int not null, status varchar(20) not null, region text not null,
   total numeric(10, 2) not null, created_at timestamp not null, note text)`,
  `insert into orders select g, 1 + ${hash} % 4000, 's' || g % 20, 'r' || ${hash} % 200, (${hash} % 50000) / 100.0,
   timestamp '2024-01-01' + g * interval '1 minute', md5(g::text) from generate_series(1, 60000) g`,
]
const mysqlOrders = [
  `create table orders (id int primary key, customer_id int not null, status varchar(20) not null, region varchar(20) not null,
   total decimal(10, 2) not null, created_at datetime not null, note varchar(80))`,
  `insert into orders ${series(
    `select g, 1 + ${hash} % 4000, concat('s', g % 20), concat('r', ${hash} % 200), (${hash} % 50000) / 100,
     date_add('2024-01-01', interval g minute), hex(g * 7919) from s`,
    60_000,
  )}`,
]
const sqliteOrders = [
  `create table orders (id integer primary key, customer_id int not null, status text not null, region text not null,
   total real not null, created_at text not null, note text)`,
  `insert into orders ${series(
    `select g, 1 + ${hash} % 4000, 's' || (g % 20), 'r' || (${hash} % 200), (${hash} % 50000) / 100.0,
     datetime('2024-01-01', '+' || g || ' minutes'), hex(g * 7919) from s`,
    60_000,
  )}`,
]
/** Rows of one status are the oldest ones. */
const oldest = "update orders set status = 'old' where id <= 600"

const bySetup = {
  postgres: { orders: pgOrders, analyze: ['vacuum analyze orders'] },
  mysql: { orders: mysqlOrders, analyze: ['analyze table orders'] },
  sqlite: { orders: sqliteOrders, analyze: ['analyze'] },
}

function on(
  engine: AccessCase['engine'],
  name: string,
  sql: string,
  values: readonly unknown[],
  extra: readonly string[] = [],
): AccessCase {
  const { orders, analyze } = bySetup[engine]
  return { name, engine, setup: [...orders, ...extra, ...analyze], sql, values }
}

/** The same for several engines; placeholders are those of PostgreSQL. */
function onEach(
  engines: readonly AccessCase['engine'][],
  name: string,
  sql: string,
  values: readonly unknown[],
  extra: readonly string[] = [],
): AccessCase[] {
  return engines.map((engine) =>
    on(engine, name, engine === 'postgres' ? sql : sql.replaceAll(/\$\d+/g, '?'), values, extra),
  )
}

const all = ['postgres', 'mysql', 'sqlite'] as const
const byStatus = 'create index orders_status on orders (status)'
const byDate = 'create index orders_created on orders (created_at)'
const dateFirst = 'create index orders_created_customer on orders (created_at, customer_id)'

/** Plans of these are in `fixtures/access`. */
export const accessCases: readonly AccessCase[] = [
  ...onEach(all, 'index-extend', 'select * from orders where status = $1 and region = $2', ['s3', 'r8'], [byStatus]),
  ...onEach(
    all,
    'index-extended',
    'select * from orders where status = $1 and region = $2',
    ['s3', 'r8'],
    [byStatus, 'create index orders_status_region on orders (status, region)'],
  ),
  ...onEach(
    all,
    'range-first',
    'select * from orders where created_at > $1 and customer_id = $2',
    ['2024-02-08', 77],
    [dateFirst],
  ),
  ...onEach(
    all,
    'or',
    'select * from orders where customer_id = $1 or total = $2',
    [77, 12.5],
    ['create index orders_customer on orders (customer_id)'],
  ),
  ...onEach(
    all,
    'or-indexed',
    'select * from orders where customer_id = $1 or total = $2',
    [77, 12.5],
    ['create index orders_customer on orders (customer_id)', 'create index orders_total on orders (total)'],
  ),
  ...onEach(
    all,
    'optional-filter',
    'select * from orders where ($1 is null or region = $2)'.replace('$1 is', '$1::text is'),
    ['r8', 'r8'],
  ).map((one) => (one.engine === 'postgres' ? one : { ...one, sql: one.sql.replaceAll('::text', '') })),
  ...onEach(
    all,
    'wildcard',
    'select * from orders where note like $1',
    ['%abcdef0%'],
    ['create index orders_note on orders (note)'],
  ),
  ...onEach(all, 'prefix', 'select * from orders where note like $1', ['abcdef0%']),
  ...onEach(
    all,
    'walk',
    'select * from orders where status = $1 order by created_at desc limit 10',
    ['old'],
    [oldest, byDate],
  ),
  ...onEach(
    all,
    'walk-soon',
    'select * from orders where status = $1 order by created_at desc limit 10',
    ['s3'],
    [byDate],
  ),
  ...onEach(all, 'top', 'select * from orders order by created_at desc limit 10', []),
  ...onEach(
    all,
    'lower',
    'select * from orders where lower(note) = $1',
    ['x'],
    ['create index orders_note on orders (note)'],
  ),
  ...onEach(
    all,
    'arithmetic',
    'select * from orders where customer_id + 1 = $1',
    [78],
    ['create index orders_customer on orders (customer_id)'],
  ),
  on('postgres', 'date', 'select * from orders where created_at::date = $1::date', ['2024-01-20'], [byDate]),
  on('mysql', 'date', 'select * from orders where date(created_at) = ?', ['2024-01-20'], [byDate]),
  on('sqlite', 'date', 'select * from orders where date(created_at) = ?', ['2024-01-20'], [byDate]),
  on(
    'postgres',
    'cast',
    'select * from orders where customer_id = $1::numeric',
    ['77'],
    ['create index orders_customer on orders (customer_id)'],
  ),
  on('postgres', 'varchar', 'select * from orders where status = $1', ['s3'], [byStatus]),
  on('mysql', 'conversion', 'select * from orders where note = 5', [], ['create index orders_note on orders (note)']),
  on('postgres', 'queue', 'select * from orders where region = $1 order by created_at limit 1 for update', ['r8']),
  on('mysql', 'queue', 'select * from orders where region = ? order by created_at limit 1 for update', ['r8']),
  on(
    'postgres',
    'queue-indexed',
    'select * from orders where region = $1 order by created_at limit 1 for update',
    ['r8'],
    ['create index orders_region_created on orders (region, created_at)'],
  ),
  on('postgres', 'delete', 'delete from orders where region = $1', ['r8']),
  on('mysql', 'delete', 'delete from orders where region = ?', ['r8']),
  on('sqlite', 'delete', 'delete from orders where region = ?', ['r8']),
  on('postgres', 'delete-all', 'delete from orders', []),
  on('mysql', 'delete-all', 'update orders set note = ?', ['x']),
  {
    name: 'fk',
    engine: 'postgres',
    setup: [
      'create table customers (id int primary key, name text not null)',
      "insert into customers select g, 'c' || g from generate_series(1, 4100) g",
      ...pgOrders,
      'alter table orders add foreign key (customer_id) references customers (id)',
      'vacuum analyze orders, customers',
    ],
    sql: 'delete from customers where id = $1',
    values: [4050],
  },
  {
    name: 'heap',
    engine: 'postgres',
    setup: [
      ...pgOrders.map((text) => text.replace('note text)', 'note text) with (autovacuum_enabled = off)')),
      'create index orders_region_customer on orders (region, customer_id)',
      'vacuum analyze orders',
      "update orders set note = 'x'",
      'analyze orders',
      'set enable_seqscan = off',
      'set enable_bitmapscan = off',
    ],
    sql: 'select count(customer_id) from orders where region >= $1',
    values: ['r'],
  },
  ...['partitions', 'partitions-pruned'].map(
    (name): AccessCase => ({
      name,
      engine: 'postgres',
      setup: [
        'create table events (id int not null, user_id int not null, at date not null) partition by range (at)',
        ...[1, 2, 3, 4, 5, 6].map(
          (month) =>
            `create table events_2024_${month} partition of events for values from ('2024-0${month}-01') to ('2024-0${month + 1}-01')`,
        ),
        "insert into events select g, g % 3000, date '2024-01-01' + g % 181 from generate_series(1, 60000) g",
        'vacuum analyze events',
      ],
      sql:
        name === 'partitions'
          ? 'select * from events where user_id = $1'
          : 'select * from events where user_id = $1 and at = $2',
      values: name === 'partitions' ? [77] : [77, '2024-03-05'],
    }),
  ),
]
