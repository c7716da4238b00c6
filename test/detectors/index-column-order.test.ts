import { expect, test } from 'vitest'
import { indexColumnOrder } from '../../src/detectors/index-column-order.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith } from './plan-thresholds.ts'

const PLANNED = 'access/range-first.plan.pg-18.json'
const wrong = index('orders_created_customer', 'created_at', 'customer_id')

const verified: VerifiedIndex = {
  ddl: 'CREATE INDEX ON orders (customer_id, created_at)',
  table: 'orders',
  columns: ['customer_id', 'created_at'],
  method: 'btree',
  costBefore: 500,
  costAfter: 100,
  verifiedBy: 'hypopg',
  purpose: 'filter',
}

function tried(costAfter: number): Trace {
  return traceOfFixture(PLANNED, { indexes: [{ ...verified, costAfter }], verifiedBy: 'hypopg' })
}

test.each([PLANNED, 'access/range-first.plan.mysql-9.7.v1.json', 'access/range-first.plan.mariadb-10.11.json'])(
  '%s: a suspicion until it was tried',
  (name) => {
    expect(findWith(indexColumnOrder, traceOfFixture(name))).toMatchObject([
      {
        confidence: 'candidate',
        explanation: expect.stringContaining(
          'created_at, which is a range, stands before customer_id, which must be equal',
        ),
        plan: { columns: ['customer_id', 'created_at'], index: 'orders_created_customer' },
      },
    ])
  },
)

test('a fifth of the cost proves it', () => {
  expect(findWith(indexColumnOrder, tried(100))).toMatchObject([
    { confidence: 'proven', plan: { evidence: 'verified' } },
  ])
  expect(findWith(indexColumnOrder, tried(101))).toEqual([])
})

test('nothing that was tried was of use', () => {
  expect(findWith(indexColumnOrder, traceOfFixture(PLANNED, { verifiedBy: 'hypopg' }))).toEqual([])
})

test('a small table, and columns in order beside it', () => {
  expect(
    findWith(indexColumnOrder, traceOfFixture(PLANNED, { tables: [ordersTable('postgres', 999, wrong)] })),
  ).toEqual([])
  const right = index('orders_customer_created', 'customer_id', 'created_at')
  const tables = [ordersTable('postgres', 60_000, wrong, right)]
  expect(findWith(indexColumnOrder, traceOfFixture(PLANNED, { tables }))).toEqual([])
})

test('a leading column that the condition does not name', () => {
  const tables = [ordersTable('postgres', 60_000, index('orders_created_customer', 'status', 'customer_id'))]
  expect(findWith(indexColumnOrder, traceOfFixture(PLANNED, { tables }))[0]?.explanation).toContain(
    'status, which the condition does not name, stands before customer_id',
  )
})
