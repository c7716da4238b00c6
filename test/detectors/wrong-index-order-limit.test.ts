import { expect, test } from 'vitest'
import { wrongIndexOrderLimit } from '../../src/detectors/wrong-index-order-limit.ts'
import type { CatalogTable } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'pg-18/pg04 before analyze.json'
const PLANNED = 'pg-18/pg04 before plan.json'

function walked(kept: number, removed: number): Trace {
  return withNodes(traceOfFixture(EXECUTED), ({ op }) =>
    op === 'index-scan' ? { actualRows: kept, rowsRemovedByFilter: removed } : undefined,
  )
}

test('an execution proves it', () => {
  expect(findWith(wrongIndexOrderLimit, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: 'orders_created is walked for its order: 197,020 rows of orders read for 20',
      plan: { evidence: 'actual', index: 'orders_created', columns: ['status', 'created_at'] },
      advice: { ddl: [expect.stringMatching(/^CREATE INDEX ON \S+orders \(status, created_at\)$/)] },
    },
  ])
})

test.each(['access/walk.analyze.mysql-9.7.txt', 'access/walk.analyze.mariadb-10.11.json'])('%s', (name) => {
  expect(findWith(wrongIndexOrderLimit, traceOfFixture(name))).toMatchObject([{ confidence: 'proven' }])
})

test.each([
  ['a hundred thrown away for each', walked(20, 2_000), 1],
  ['not quite a hundred', walked(20, 1_999), 0],
  ['a thousand read', walked(1, 999), 1],
  ['not quite a thousand', walked(1, 998), 0],
])('%s', (_, trace, found) => {
  expect(findWith(wrongIndexOrderLimit, trace)).toHaveLength(found)
})

test('a plan is a suspicion, from fifty for each', () => {
  const estimated = (planRows: number): Trace =>
    withNodes(traceOfFixture(PLANNED), ({ op }) => (op === 'index-scan' ? { planRows } : undefined))
  expect(findWith(wrongIndexOrderLimit, estimated(3_921))).toMatchObject([{ confidence: 'candidate' }])
  expect(findWith(wrongIndexOrderLimit, estimated(3_922))).toEqual([])
})

test('distinct values tell where the engine guesses', () => {
  const tables = (distinct: number): CatalogTable[] => {
    const orders = ordersTable('sqlite', 60_000, index('orders_created', 'created_at'))
    return [{ ...orders, columns: orders.columns.map((column) => ({ ...column, distinct })) }]
  }
  const name = 'access/walk.plan.mysql-9.7.json'
  expect(findWith(wrongIndexOrderLimit, traceOfFixture(name, { tables: tables(200) }))).toMatchObject([
    { confidence: 'candidate' },
  ])
  expect(findWith(wrongIndexOrderLimit, traceOfFixture(name, { tables: tables(20) }))).toEqual([])
})

test('a better index that was tried', () => {
  const verified = {
    ddl: 'CREATE INDEX ON orders (status, created_at)',
    table: 'orders',
    columns: ['status', 'created_at'],
    method: 'btree',
    costBefore: 98,
    costAfter: 30,
    verifiedBy: 'hypopg' as const,
    purpose: 'order' as const,
  }
  const trace = traceOfFixture(PLANNED, { indexes: [verified], verifiedBy: 'hypopg' })
  expect(findWith(wrongIndexOrderLimit, trace)).toMatchObject([
    { confidence: 'likely', plan: { evidence: 'verified', verified }, advice: { ddl: [verified.ddl] } },
  ])
})
