import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProfiler, instrument, profile } from '../src/index.ts'
import { createDatabase } from './create-database.ts'

const url = await createDatabase('explainer')
instrument(pg)

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 1 })
  await pool.query(`
    create table orders (id int primary key, customer_id int not null, state text not null);
    insert into orders select n, n % 500, case when n % 1000 = 0 then 'open' else 'done' end from generate_series(1, 20000) n;
    analyze orders;
  `)
})

afterAll(() => pool.end())

const BY_CUSTOMER = 'select * from orders where customer_id = $1'

describe('plans of a block', () => {
  test('are in its trace, through a pool of one that is busy', async () => {
    const client = await pool.connect()
    try {
      const { trace, report } = await profile('block', () => client.query(BY_CUSTOMER, [7]), { explain: true })
      expect(trace.plans).toMatchObject([
        { statement: 0, plans: [{ executions: 1, rows: 40, plan: { engine: 'postgres', mode: 'plan' } }] },
      ])
      expect(report.coverage.plans).toEqual({ explained: 1, notExplained: [] })
      expect(report.coverage.seen).toBe(1)
    } finally {
      client.release()
    }
  })

  test('are asked for once per statement and class of its parameters', async () => {
    const text = 'select id from orders where state = $1'
    const run = (state: string) => profile('block', () => pool.query(text, [state]), { explain: true })
    expect((await run('open')).trace.plans?.[0]?.plans).toHaveLength(1)
    expect((await run('open')).trace.plans?.[0]?.plans).toHaveLength(1)
    expect((await run('done')).trace.plans?.[0]?.plans.map(({ executions }) => executions)).toEqual([1, 0])
    expect((await run('open')).trace.plans?.[0]?.plans.map(({ executions }) => executions)).toEqual([1, 0])
  })
})
