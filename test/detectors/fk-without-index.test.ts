import { expect, test } from 'vitest'
import { fkWithoutIndex } from '../../src/detectors/fk-without-index.ts'
import type { CatalogTable } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith } from './plan-thresholds.ts'

const EXECUTED = 'access/fk.analyze.pg-18.json'
const foreignKeys = [{ columns: ['customer_id'], table: 'customers', references: ['id'] }]

function withOrders(rows: number, ...indexes: CatalogTable['indexes']): Trace {
  const orders = ordersTable('postgres', rows, ...indexes)
  return traceOfFixture(EXECUTED, { tables: [{ ...orders, foreignKeys }] })
}

test('the catalog proves it, and the trigger tells how long it took', () => {
  expect(findWith(fkWithoutIndex, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: 'Each row deleted in customers reads all 60,000 rows of orders: no index on customer_id',
      explanation: expect.stringMatching(/in an execution, \S+ took \d+ ms in 1 calls/),
      plan: { table: 'orders', columns: ['customer_id'], evidence: 'actual' },
      advice: { ddl: [expect.stringMatching(/^CREATE INDEX ON \S*orders \(customer_id\)$/)] },
    },
  ])
  expect(findWith(fkWithoutIndex, traceOfFixture('access/fk.plan.pg-15.json'))).toMatchObject([
    { plan: { evidence: 'catalog' } },
  ])
})

test.each([
  ['a thousand rows refer to it', withOrders(1_000), 1],
  ['fewer do', withOrders(999), 0],
  ['an index leads with the columns', withOrders(60_000, index('i', 'customer_id', 'status')), 0],
  ['an index has them further back', withOrders(60_000, index('i', 'status', 'customer_id')), 1],
])('%s', (_, trace, found) => {
  // the trigger is as slow as it was; here the catalog alone is asked
  const plans = trace.plans?.map((one) => ({
    ...one,
    plans: one.plans.map((of) => ({ ...of, plan: { ...of.plan, triggers: [] } })),
  }))
  expect(findWith(fkWithoutIndex, { ...trace, plans: plans ?? [] })).toHaveLength(found)
})

test('the key itself is changed, or another column', () => {
  const update = (column: string): Trace =>
    traceOfFixture(EXECUTED, { sql: `update customers set ${column} = 5 where id = $1` })
  expect(findWith(fkWithoutIndex, update('id'))).toHaveLength(1)
  expect(findWith(fkWithoutIndex, update('name'))).toEqual([])
})

test('without the catalog a quarter of the time tells', () => {
  const trace = traceOfFixture(EXECUTED, { tables: [] })
  const timed = (timeMs: number): Trace => ({
    ...trace,
    plans: (trace.plans ?? []).map((one) => ({
      ...one,
      plans: one.plans.map((of) => ({
        ...of,
        plan: { ...of.plan, executionTime: 8, triggers: [{ name: 'orders_customer_id_fkey', timeMs, calls: 1 }] },
      })),
    })),
  })
  expect(findWith(fkWithoutIndex, timed(2))).toMatchObject([{ confidence: 'likely' }])
  expect(findWith(fkWithoutIndex, timed(1.99))).toEqual([])
})
