import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { betterSqlite3Connection } from '../../src/explain/better-sqlite3-connection.ts'
import { connect } from '../../src/explain/connect.ts'
import type { StudyRequest } from '../../src/explain/request.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { loadNativeSqlite } from '../instrument/native-sqlite.ts'

const TEXT = 'select * from orders where status = $1'

async function studied(connection: SideConnection, request: Partial<StudyRequest>) {
  const outcome = await studyStatement(connection, {
    text: TEXT,
    dialect: 'postgresql',
    mode: 'plan',
    vectors: [{ values: ['secret-status'], executions: 3 }],
    ...request,
  })
  if ('refusal' in outcome) throw new Error(`refused: ${outcome.refusal.message}`)
  return outcome
}

describe('PostgreSQL', () => {
  let connection: SideConnection
  beforeAll(async () => {
    connection = await connect(await createDatabase('study'))
    for (const text of [
      'create table customers (id int primary key, name text)',
      `create table orders (id int primary key, customer_id int references customers, status text, note text)`,
      'create unique index orders_note on orders (lower(note), status desc) include (customer_id) where id > 10',
      "insert into orders select n, null, case when n % 100 = 0 then 'rare' else 'usual' end, 'n' || n from generate_series(1, 5000) n",
      'create index orders_status on orders (status)',
      'create table letters (id int primary key, note text)',
      "insert into letters select n, 'n' || n from generate_series(1, 20000) n",
      'analyze orders, letters',
    ]) {
      await connection.query(text)
    }
  })
  afterAll(() => connection.close())

  test('plans each class of parameters, the unknown ones, and the batched rewrite', async () => {
    const { explained, refusals } = await studied(connection, {
      vectors: [
        { values: ['usual'], executions: 90, rows: 4950 },
        { values: ['rare'], executions: 10, rows: 50 },
      ],
      batched: { text: 'select * from orders where status = any($1)', values: [['usual', 'rare']] },
    })
    expect(refusals).toEqual([])
    expect(explained.plans.map(({ plan, ...rest }) => [plan.root.op, plan.planKind, rest])).toEqual([
      ['seq-scan', 'custom', { executions: 90, rows: 4950 }],
      [expect.stringMatching(/index|bitmap/), 'custom', { executions: 10, rows: 50 }],
    ])
    expect(explained.generic).toMatchObject({ planKind: 'generic' })
    expect(explained.batched).toMatchObject({ parameters: 1, plan: { engine: 'postgres' } })
  })

  test('plans the batched rewrite with the index that was tried, and holds none of its values', async () => {
    const { explained } = await studied(connection, {
      text: 'select * from letters where note = $1',
      vectors: [{ values: ['secret-note'], executions: 40 }],
      batched: { text: 'select * from letters where note = any($1)', values: [['secret-1', 'secret-2']], keys: 2 },
    })
    const { batched, indexed, indexes, roundTripMs } = explained
    expect(indexes.map(({ columns }) => columns)).toEqual([['note']])
    expect(batched).toMatchObject({ parameters: 2, plan: { root: { op: 'seq-scan' } } })
    expect([indexed, batched?.withIndex].map((plan) => plan?.root.op)).toEqual([
      expect.stringMatching(/index|bitmap/),
      expect.stringMatching(/index|bitmap/),
    ])
    expect(roundTripMs).toBeGreaterThan(0)
    expect(JSON.stringify(explained)).not.toMatch(/secret/)
  })

  test('a batched rewrite that cannot be planned is left out: nobody has sent it', async () => {
    const { explained, refusals } = await studied(connection, { batched: { text: 'select nothing', values: [] } })
    expect(explained).not.toHaveProperty('batched')
    expect(refusals).toEqual([])
  })

  test('reads the tables in the catalog', async () => {
    const { explained } = await studied(connection, {})
    expect(explained.tables).toMatchObject([
      {
        schema: 'public',
        name: 'orders',
        rows: 5000,
        columns: [
          { name: 'id', type: 'integer', distinct: 5000 },
          { name: 'customer_id', type: 'integer' },
          { name: 'status', type: 'text', distinct: 2 },
          { name: 'note', type: 'text' },
        ],
        indexes: [
          {
            name: 'orders_note',
            columns: ['lower(note)', 'status'],
            include: ['customer_id'],
            isUnique: true,
            predicate: '(id > 10)',
            method: 'btree',
          },
          { name: 'orders_pkey', columns: ['id'], isPrimary: true },
          { name: 'orders_status', columns: ['status'], isUnique: false },
        ],
        foreignKeys: [{ columns: ['customer_id'], table: 'customers', references: ['id'] }],
        statistics: { isMissing: false },
      },
    ])
  })

  test('holds no value, unless values are asked for', async () => {
    const held = await studied(connection, { text: "select * from orders where status = $1 and note = 'secret-note'" })
    expect(JSON.stringify(held)).not.toMatch(/secret/)
    const shown = await studied(connection, { values: true })
    expect(JSON.stringify(shown.explained.plans)).toMatch(/secret-status/)
  })

  test('a step that fails leaves the plan', async () => {
    const lame: SideConnection = {
      ...connection,
      query: (text, values) =>
        /json_to_recordset/.test(text) ? Promise.reject(new Error('secret words')) : connection.query(text, values),
    }
    const request = {
      text: TEXT,
      dialect: 'postgresql',
      mode: 'plan',
      vectors: [{ values: ['x'], executions: 1 }],
    } as const
    const outcome = await studyStatement(lame, request, { advise: () => Promise.reject(new Error('secret words')) })
    expect(outcome).toMatchObject({
      explained: { plans: [{ executions: 1 }], tables: [], indexes: [] },
      refusals: [{ code: 'catalog-unavailable' }, { code: 'advice-unavailable' }],
    })
    expect(JSON.stringify(outcome)).not.toMatch(/secret/)
  })

  test('executes what only reads, and says why it does not execute the rest', async () => {
    const { explained, refusals } = await studied(connection, { mode: 'analyze' })
    expect(explained.plans[0]?.plan).toMatchObject({ mode: 'analyze', root: { actualRows: 0 } })
    expect(refusals).toEqual([])
    const changed = await studied(connection, { mode: 'analyze', text: 'delete from orders where status = $1' })
    expect(changed.explained.plans[0]?.plan.mode).toBe('plan')
    expect(changed.refusals).toMatchObject([{ code: 'analyze-writes' }])
  })

  test('repeats the state of the connection, and leaves none behind', async () => {
    await connection.query('create schema if not exists tenant_7')
    await connection.query('create table if not exists tenant_7.visits (id int)')
    const session = [
      'set search_path to tenant_7',
      "select set_config('app.tenant', '7', false)",
      'SET enable_seqscan = off',
    ]
    const { explained } = await studied(connection, {
      text: 'select * from visits',
      vectors: [{ values: [], executions: 1 }],
      session,
    })
    expect(explained.plans[0]?.plan.root).toMatchObject({ relation: 'visits', schema: 'tenant_7' })
    expect(explained.plans[0]?.plan.settings).toMatchObject({ enable_seqscan: 'off' })
    expect(await connection.query("select current_setting('search_path') as path")).toEqual([
      { path: '"$user", public' },
    ])
    const outcome = await studyStatement(connection, {
      text: 'select 1',
      dialect: 'postgresql',
      mode: 'plan',
      vectors: [{ values: [], executions: 1 }],
      session: ['set search_path = (select 1)'],
    })
    expect(outcome).toMatchObject({ refusal: { code: 'session-unknown' } })
  })
})

describe.skipIf(!process.env.NONPLUS_TEST_MYSQL_URL)('MySQL or MariaDB', () => {
  test('reads plan and tables, those of another database that is used too, and leaves no state behind', async () => {
    const url = await createMysqlDatabase('study')
    const other = new URL(await createMysqlDatabase('study_other')).pathname.slice(1)
    const connection = await connect(url)
    await connection.query(
      `create table ${other}.orders (id int primary key, status varchar(20), other_id int, key by_status (status, id), foreign key (other_id) references ${other}.orders (id))`,
    )
    await connection.query(`insert into ${other}.orders values (1, 'a', null), (2, 'b', 1)`)
    const { explained, refusals } = await studied(connection, {
      text: 'select * from orders o where o.status = ?',
      dialect: 'mysql',
      session: [`use ${other}`, "SET sql_mode = 'ANSI_QUOTES', @x := 1", 'set names utf8mb4'],
    })
    expect(refusals).toEqual([])
    expect(explained.tables).toMatchObject([
      {
        schema: other,
        name: 'orders',
        columns: [{ name: 'id', type: expect.stringMatching(/^int/) }, { name: 'status' }, { name: 'other_id' }],
        foreignKeys: [{ columns: ['other_id'], table: 'orders', references: ['id'] }],
      },
    ])
    expect(explained.tables[0]?.indexes).toContainEqual({
      name: 'by_status',
      columns: ['status', 'id'],
      isUnique: false,
      method: 'btree',
    })
    expect(JSON.stringify(explained)).not.toMatch(/secret/)
    const [state] = await connection.query('select database() as db, @@session.sql_mode as mode')
    expect(state).toEqual({ db: new URL(url).pathname.slice(1), mode: expect.not.stringContaining('ANSI_QUOTES') })
    await connection.close()
  })
})

interface Handle {
  exec(text: string): void
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
}

const Database = loadNativeSqlite<new (file: string) => Handle>('better-sqlite3')
describe.skipIf(Database === undefined)('SQLite', () => {
  test('reads plan and tables', async () => {
    const database = new (Database as NonNullable<typeof Database>)(':memory:')
    database.exec(`create table people (id integer primary key);
      create table orders (id integer primary key, status text, person integer references people (id));
      create index by_status on orders (lower(status), person) where id > 3;
      insert into people values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
      create index by_person on orders (person);
      insert into orders with recursive n (n) as (select 1 union all select n + 1 from n where n < 200) select n, 's' || n, n % 10 from n;
      analyze`)
    const { explained } = await studied(await betterSqlite3Connection(database), {
      text: 'select * from orders o where o.person = :person and status <> :status',
      dialect: 'sqlite',
      vectors: [{ values: [3, 'secret'], executions: 1 }],
    })
    expect(explained.plans[0]?.plan.root).toMatchObject({ op: expect.stringMatching(/index/), index: 'by_person' })
    expect(explained.tables).toMatchObject([
      {
        name: 'orders',
        rows: 200,
        columns: [{ name: 'id' }, { name: 'status' }, { name: 'person', distinct: 10 }],
        indexes: [
          { name: 'by_person', columns: ['person'] },
          { name: 'by_status', columns: ['lower(status)', 'person'], predicate: 'id > 3' },
        ],
        foreignKeys: [{ columns: ['person'], table: 'people', references: ['id'] }],
      },
    ])
  })
})
