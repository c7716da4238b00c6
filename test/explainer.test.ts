import { once } from 'node:events'
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createProfiler,
  instrument,
  type Profiler,
  profile,
  runInScope,
  type ScopeResult,
  type Trace,
} from '../src/index.ts'
import type { ProfilerOptions } from '../src/options.ts'
import { createDatabase } from './create-database.ts'

const url = await createDatabase('explainer')
instrument(pg)

const explain = { explain: true } as const

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 1 })
  await pool.query(`
    create table orders (id int primary key, customer_id int not null, state text not null);
    insert into orders select n, n % 500, case when n % 1000 = 0 then 'open' else 'done' end from generate_series(1, 20000) n;
    create schema tenant;
    create table tenant.invoices (id int primary key, note text);
    insert into tenant.invoices select n, 'secret ' || n from generate_series(1, 2000) n;
    analyze;
  `)
})

afterAll(() => pool.end())

const BY_CUSTOMER = 'select * from orders where customer_id = $1'

/** Summary of each statement that has plans, with the first nodes of these. */
function plansIn({ plans = [], statements }: Trace): string[] {
  return plans.map(({ statement, plans }) => {
    return `${statements[statement]?.summary}: ${plans.map(({ plan }) => plan.root.nodeType).join(', ')}`
  })
}

/** What the coverage says of plans: `2 explained, 1 data-definition`. */
function saidOf({
  coverage,
}: {
  coverage: { plans?: { explained: number; notExplained: readonly { code: string; count: number }[] } }
}): string {
  const { explained, notExplained } = coverage.plans ?? { explained: -1, notExplained: [] }
  return [`${explained} explained`, ...notExplained.map(({ code, count }) => `${count} ${code}`)].join(', ')
}

describe('a block', () => {
  test('has the plans of its statements, through a pool of one that is busy', async () => {
    const client = await pool.connect()
    try {
      const { trace, report } = await profile('block', () => client.query(BY_CUSTOMER, [7]), explain)
      expect(trace.plans).toMatchObject([
        { statement: 0, plans: [{ executions: 1, rows: 40, plan: { engine: 'postgres', mode: 'plan' } }] },
      ])
      expect(report.coverage.plans).toEqual({ explained: 1, notExplained: [] })
      expect(report.plans?.map(({ scopes, tableRows }) => ({ scopes, tableRows }))).toEqual([
        { scopes: ['block'], tableRows: { orders: 20000 } },
      ])
      expect(report.coverage.seen).toBe(1)
    } finally {
      client.release()
    }
  })

  test('asks once per class of parameters, and tells the executions of its own', async () => {
    const text = 'select id from orders where state = $1'
    const run = async (state: string) => {
      const { trace } = await profile('block', () => pool.query(text, [state]), explain)
      return trace.plans?.[0]?.plans.map(({ executions, rows }) => [executions, rows])
    }
    expect(await run('open')).toEqual([[1, 20]])
    expect(await run('open')).toEqual([[1, 20]])
    expect(await run('done')).toEqual([
      [1, 19980],
      [0, undefined],
    ])
    expect(await run('open')).toEqual([
      [1, 20],
      [0, undefined],
    ])
  })

  test('has the plan of one statement in place of a loop, also of one whose statement is known by then', async () => {
    const text = 'select id, state from orders where customer_id = $1'
    await profile('block', () => pool.query(text, [7]), explain)
    const loop = async () => {
      for (const key of [1, 2, 3, 4, 5]) await pool.query(text, [key])
    }
    const { trace, report } = await profile('block', loop, explain)
    expect(trace.plans).toMatchObject([
      {
        plans: [{ executions: 5, rows: 40, plan: { root: { relation: 'orders' } } }],
        batched: { parameters: 5, plan: { root: { op: 'seq-scan', filter: expect.stringMatching(/ANY \(\?/) } } },
        roundTripMs: expect.any(Number),
      },
    ])
    expect(report.coverage.plans).toEqual({ explained: 1, notExplained: [] })
  })

  test('has the plan of one statement in place of a loop whose keys stand in its texts', async () => {
    const loop = async () => {
      for (const key of [1, 2, 3, 4, 5]) await pool.query(`select count(*) from orders where customer_id = ${key}`)
    }
    const { trace } = await profile('block', loop, explain)
    expect(trace.plans?.[0]?.batched).toMatchObject({ parameters: 5, plan: { root: { op: 'aggregate' } } })
    expect(trace.plans?.[0]?.plans).toHaveLength(1)
  })

  test('has none of what ends in an error, and says of what cannot be explained why', async () => {
    const { trace, report } = await profile(
      'block',
      async () => {
        await pool.query('select * from nowhere').catch(() => {})
        await pool.query('create table if not exists made (id int)')
        await pool.query('begin')
        await pool.query('select 1 from orders where id = 1')
        await pool.query('rollback')
      },
      explain,
    )
    expect(plansIn(trace)).toEqual([expect.stringMatching(/^SELECT orders: Index Only Scan$/)])
    expect(saidOf(report)).toBe('1 explained, 1 data-definition')
  })

  test('actual rows with analyze, and nothing is executed that writes', async () => {
    const run = async () => {
      await pool.query('select count(*) from orders where customer_id = $1', [3])
      await pool.query("update orders set state = 'done' where id = $1", [1])
    }
    const { trace } = await profile('block', run, { explain: 'analyze' })
    expect(trace.plans?.map(({ plans: [first] }) => first?.plan.mode)).toEqual(['analyze', 'plan'])
  })
})

describe('the session of a connection', () => {
  test('its search path, as a pool sets it on each new connection', async () => {
    const tenants = new pg.Pool({ connectionString: url, max: 1 })
    tenants.on('connect', (client) => void client.query('set search_path to tenant'))
    const { trace, report } = await profile(
      'block',
      () => tenants.query('select note from invoices where id = $1', [5]),
      explain,
    )
    await tenants.end()
    expect(saidOf(report)).toBe('1 explained')
    expect(trace.plans?.[0]?.plans[0]?.plan.root).toMatchObject({ relation: 'invoices', schema: 'tenant' })
  })

  test('what holds for a transaction only', async () => {
    const client = await pool.connect()
    const { report } = await profile(
      'block',
      async () => {
        await client.query('begin')
        await client.query("select set_config('search_path', $1, true)", ['tenant'])
        await client.query('select count(*) from invoices where note = $1', ['x'])
        await client.query('commit')
      },
      explain,
    )
    client.release()
    expect(saidOf(report)).toMatch(/^[12] explained/)
    expect(report.coverage.plans?.notExplained.map(({ code }) => code)).not.toContain('unknown-table')
  })

  test('its role', async () => {
    const role = `reader_${process.pid}`
    await pool.query(`create role ${role}; grant select on orders to ${role};
      create policy own on orders for select to ${role} using (customer_id = 1); alter table orders enable row level security`)
    const client = await pool.connect()
    try {
      await client.query(`set role ${role}`)
      const { trace, result } = await profile(
        'block',
        () => client.query('select id, state from orders where id > $1', [0]),
        explain,
      )
      expect(result.rowCount).toBe(40)
      // what the policy adds
      expect(JSON.stringify(trace.plans)).toContain('customer_id = ')
    } finally {
      await client.query('reset role')
      client.release()
      await pool.query(
        `alter table orders disable row level security; drop policy own on orders; drop owned by ${role}; drop role ${role}`,
      )
    }
  })

  test('what only its own connection sees', async () => {
    const client = await pool.connect()
    const { report } = await profile(
      'block',
      async () => {
        await client.query('begin')
        await client.query('create temporary table mine as select 1 as id')
        await client.query('select * from mine where id = 1')
        await client.query('rollback')
      },
      explain,
    )
    client.release()
    expect(saidOf(report)).toMatch(/^0 explained/)
    expect(report.coverage.plans?.notExplained.map(({ code }) => code).sort()).toEqual([
      'data-definition',
      'unknown-table',
    ])
  })
})

test('without the privilege nothing breaks', async () => {
  const role = `writer_${process.pid}`
  await pool.query(
    `create role ${role} login password 'w'; create table inbox (id int); grant insert, select on inbox to ${role}`,
  )
  const plain = new URL(url)
  plain.username = role
  plain.password = 'w'
  const writers = new pg.Pool({ connectionString: plain.href, max: 1 })
  const run = async () => {
    await writers.query('insert into inbox values ($1)', [1])
    await writers.query('select * from inbox where id = $1', [1])
    await pool.query(`revoke select on inbox from ${role}`)
  }
  const { report } = await profile('block', run, explain)
  await writers.end()
  expect(saidOf(report)).toBe('1 explained, 1 no-privilege, 1 data-definition')
  const { rows } = await pool.query('select count(*)::int as n from inbox')
  expect(rows).toEqual([{ n: 1 }])
  await pool.query(`drop table inbox; drop owned by ${role}; drop role ${role}`)
})

describe('values', () => {
  const text = "select note from tenant.invoices where note = 'secret 77' or note = $1"

  test('are in no part of a report', async () => {
    const { report, trace } = await profile('block', () => pool.query(text, ['secret 78']), explain)
    expect(plansIn(trace)).toEqual(['SELECT tenant.invoices: Seq Scan'])
    expect(JSON.stringify([report, trace])).not.toMatch(/secret/)
  })

  test('are where they are asked for', async () => {
    const { trace } = await profile('block', () => pool.query(text, ['secret 78']), { ...explain, values: true })
    expect(JSON.stringify(trace.plans)).toMatch(/secret 77/)
  })
})

describe('a profiler', () => {
  let profiler: Profiler
  const results: ScopeResult[] = []

  function start(options: ProfilerOptions = explain): void {
    results.length = 0
    profiler = createProfiler({ http: false, jobs: false, ...options })
    profiler.onScope((result) => results.push(result))
  }

  test('delivers a scope with its plans, later than it closed, and does not make it wait', async () => {
    start()
    const before = performance.now()
    const rows = await runInScope(
      'job',
      async () => (await pool.query('select * from orders where customer_id = $1 and id > 0', [9])).rowCount,
    )
    const took = performance.now() - before
    expect(rows).toBe(40)
    expect(results).toEqual([])
    expect(profiler.report().coverage.warnings.at(-1)).toMatch(/^1 scope waits for the plans/)
    await profiler.settled()
    expect(results.map(({ scope, trace }) => `${scope.name}: ${plansIn(trace)}`)).toEqual([
      'job: SELECT orders: Seq Scan',
    ])
    expect(saidOf(profiler.report())).toMatch(/^\d+ explained/)
    expect(took).toBeLessThan(500)
    // what is known by now is there at once
    await runInScope('again', () => pool.query('select * from orders where customer_id = $1 and id > 0', [8]))
    expect(results.map(({ scope }) => scope.name)).toEqual(['job', 'again'])
    profiler.stop()
  })
})

describe('a server that goes away', () => {
  let proxy: Server
  const sockets = new Set<Socket>()
  let through: string

  beforeAll(async () => {
    const { hostname, port } = new URL(url)
    proxy = createServer((socket) => {
      const upstream = connectSocket(Number(port), hostname)
      for (const one of [socket, upstream]) {
        sockets.add(one)
        one.on('error', () => {})
      }
      socket.pipe(upstream).pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const own = new URL(url)
    own.host = `127.0.0.1:${(proxy.address() as { port: number }).port}`
    through = own.href
  })

  test('the report survives, and says what failed', async () => {
    const client = new pg.Client({ connectionString: through })
    client.on('error', () => {})
    await client.connect()
    const { report, result } = await profile(
      'block',
      async () => {
        const { rowCount } = await client.query('select state from orders where customer_id = $1 and id < 9000', [7])
        proxy.close()
        for (const socket of sockets) socket.destroy()
        await sleep(50)
        return rowCount
      },
      explain,
    )
    expect(result).toBe(18)
    expect(report.coverage.plans).toEqual({
      explained: 0,
      notExplained: [
        {
          code: 'connection-failed',
          message: expect.stringMatching(/ECONNREFUSED/),
          count: 1,
          example: 'SELECT orders',
        },
      ],
    })
    expect(report.coverage.warnings.filter((text) => text.includes('inside nonplus'))).toEqual([])
  })
})

// last, since it leaves no room in the book of this process
describe('too much', () => {
  test('a thousand statements: each scope within its time, what is too much is counted', async () => {
    const results: ScopeResult[] = []
    const profiler = createProfiler({ http: false, jobs: false, ...explain })
    profiler.onScope((result) => results.push(result))
    await Promise.all(
      Array.from({ length: 20 }, (_, scope) =>
        runInScope(`job ${scope}`, async () => {
          for (let n = 0; n < 50; n++)
            await pool.query(`select ${'id, '.repeat(n)} id as c${scope} from orders where id = 1`)
        }),
      ),
    )
    const before = performance.now()
    await profiler.settled()
    expect(performance.now() - before).toBeLessThan(20_000)
    expect(results).toHaveLength(20)
    const { warnings } = profiler.report().coverage
    expect(warnings.some((text) => /^\d+ scopes were judged before the plans/.test(text))).toBe(true)
    profiler.stop()
  }, 30_000)
})
