import { createRequire } from 'node:module'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createProfiler, instrument, type Profiled, profile } from '../../src/index.ts'
import { state } from '../../src/instrument/state.ts'
import { createDatabase } from '../create-database.ts'

const url = await createDatabase('auto_explain')
const oldest = createRequire(import.meta.url)('pg-oldest') as typeof pg
const options = { explain: 'auto_explain' } as const

instrument(pg)
instrument(oldest)

beforeAll(async () => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    create table orders (id int primary key, customer_id int not null, state text not null);
    insert into orders select n, n % 500, 'open' from generate_series(1, 5000) n;
    analyze orders;
  `)
  await client.end()
  // from here on clients that connect are prepared
  createProfiler({ ...options, http: false, jobs: false }).stop()
})

afterAll(() => {
  state.wantsAutoExplain = false
})

let client: pg.Client | undefined

async function connect(Client: typeof pg.Client = pg.Client, config: pg.ClientConfig = {}): Promise<pg.Client> {
  client = new Client({ connectionString: url, ...config })
  await client.connect()
  return client
}

afterEach(async () => {
  await client?.end().catch(() => {})
  client = undefined
})

/** Plans as the trace has them: mode, first node and rows, by statement. */
function plansIn({ trace }: Profiled<unknown>): string[] {
  return (trace.plans ?? []).map(({ statement, plans }) => {
    const shown = plans.map(({ plan: { mode, root } }) => `${mode} ${root.nodeType} ${root.actualRows}`)
    return `${trace.statements[statement]?.summary}: ${shown.join(', ')}`
  })
}

const BY_CUSTOMER = 'select * from orders where customer_id = $1'
const COUNT = 'select count(*) from orders'
const INSERT = "insert into orders values ($1, $2, 'new')"

describe.each([
  ['pg', pg.Client],
  ['pg 8.0', oldest.Client],
])('%s', (_name, Client) => {
  test('gives the plan of the execution itself, of bound and plain statements', async () => {
    const db = await connect(Client)
    const profiled = await profile(
      'block',
      async () => [(await db.query(BY_CUSTOMER, [7])).rowCount, (await db.query(COUNT)).rows],
      options,
    )
    expect(profiled.result).toEqual([10, [{ count: '5000' }]])
    expect(plansIn(profiled)).toEqual([
      'SELECT orders: auto_explain Seq Scan 10',
      'SELECT orders: auto_explain Aggregate 1',
    ])
  })

  test('of statements that write, which nothing executes twice', async () => {
    const db = await connect(Client)
    const profiled = await profile('block', () => db.query(INSERT, [9001, 1]), options)
    expect(plansIn(profiled)).toEqual(['INSERT orders: auto_explain ModifyTable 0'])
    expect((await db.query('select count(*)::int as n from orders where id = 9001')).rows).toEqual([{ n: 1 }])
    await db.query('delete from orders where id = 9001')
  })

  test('within a transaction, where the server tells it one statement later', async () => {
    const db = await connect(Client)
    const profiled = await profile(
      'block',
      async () => {
        await db.query('begin')
        await db.query('select id from orders where customer_id = $1 and id > 0', [7])
        await db.query('select id from orders where customer_id = $1 and id > 4000', [8])
        await db.query('commit')
      },
      options,
    )
    // classes of one statement, each with the rows of its own execution
    expect(plansIn(profiled)).toEqual([
      expect.stringMatching(/^SELECT orders: auto_explain [\w ]+ Scan 10, auto_explain [\w ]+ Scan 2$/),
    ])
  })
})

describe('the application', () => {
  test('sees no notice of ours, and all of its own', async () => {
    const db = await connect()
    const notices: (string | undefined)[] = []
    db.on('notice', ({ message }) => notices.push(message))
    await db.query("do $$ begin raise notice 'mine'; end $$")
    await db.query(BY_CUSTOMER, [7])
    expect(notices).toEqual(['mine'])
  })

  test('is connected when its first statement is its own, by promise, callback and pool', async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    const connected: string[] = []
    pool.on('connect', (one) => void one.query("set application_name = 'mine'").then(() => connected.push('set')))
    expect((await pool.query("select current_setting('application_name') as name")).rows).toEqual([{ name: 'mine' }])
    expect(connected).toEqual(['set'])
    await pool.end()
    const byCallback = new pg.Client({ connectionString: url })
    const args = await new Promise<unknown[]>((resolve) => byCallback.connect((...given: unknown[]) => resolve(given)))
    expect(args[0] ?? undefined).toBe(undefined)
    await byCallback.end()
  })

  test('may ask before it is connected', async () => {
    const early = new pg.Client({ connectionString: url })
    const connecting = early.connect()
    const rows = early.query('select 1 as one').then((result) => result.rows)
    await connecting
    expect(await rows).toEqual([{ one: 1 }])
    await early.end()
  })

  test('gets its errors, and its transaction state', async () => {
    const db = await connect()
    await db.query('begin')
    await expect(db.query('select * from nowhere')).rejects.toMatchObject({ code: '42P01' })
    await expect(db.query('select 1')).rejects.toMatchObject({ code: '25P02' })
    await db.query('rollback')
    await expect(
      new pg.Client({ connectionString: url.replace(/[^/]+$/, 'nowhere_at_all') }).connect(),
    ).rejects.toMatchObject({ code: '3D000' })
  })

  test('keeps client_min_messages: where notices are off, statements are planned', async () => {
    const db = await connect(pg.Client, { options: '-c client_min_messages=warning' })
    const profiled = await profile(
      'block',
      () => db.query('select state from orders where customer_id = $1', [7]),
      options,
    )
    expect(plansIn(profiled)).toEqual(['SELECT orders: plan Seq Scan undefined'])
  })
})

test('without the privilege statements are planned, and the report says so', async () => {
  const role = `plain_${process.pid}`
  const admin = await connect()
  await admin.query(`create role ${role} login password 'plain'; grant select on orders to ${role}`)
  try {
    const plain = new URL(url)
    plain.username = role
    plain.password = 'plain'
    const db = new pg.Client({ connectionString: plain.href })
    await db.connect()
    const profiled = await profile(
      'block',
      () => db.query('select id from orders where customer_id = $1', [7]),
      options,
    )
    expect(plansIn(profiled)).toEqual(['SELECT orders: plan Seq Scan undefined'])
    expect([...state.losses.keys()]).toEqual([
      'connections of pg could not load auto_explain (its role is no superuser): their statements were planned instead, not measured',
    ])
    await db.end()
  } finally {
    await admin.query(`drop owned by ${role}; drop role ${role}`)
  }
})
