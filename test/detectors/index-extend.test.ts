import { expect, test } from 'vitest'
import { indexExtend } from '../../src/detectors/index-extend.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'access/index-extend.analyze.pg-18.json'

function counted(kept: number, removed: number): Trace {
  return withNodes(traceOfFixture(EXECUTED), ({ op, filter }) =>
    filter === undefined && op !== 'bitmap-heap-scan'
      ? undefined
      : { loops: 1, actualRows: kept, rowsRemovedByFilter: removed, planRows: kept, actualTotalTime: 5 },
  )
}

const verified: VerifiedIndex = {
  ddl: 'CREATE INDEX ON orders (status, region)',
  table: 'orders',
  columns: ['status', 'region'],
  method: 'btree',
  costBefore: 1_000,
  costAfter: 20,
  verifiedBy: 'hypopg',
  purpose: 'filter',
  replaces: 'orders_status',
}

test('names the column that is lacking, and the index that becomes superfluous', () => {
  const [finding] = findWith(indexExtend, traceOfFixture(EXECUTED))
  expect(finding).toMatchObject({
    confidence: 'proven',
    title: expect.stringMatching(/^orders_status of orders lacks region: 3,000 rows for \d+$/),
    plan: { evidence: 'actual', table: 'orders', columns: ['status', 'region'], index: 'orders_status' },
  })
  expect(finding?.advice.summary).toContain('drop orders_status')
})

test.each(['access/index-extend.analyze.mysql-9.7.txt', 'access/index-extend.analyze.mariadb-10.11.json'])(
  '%s',
  (name) => {
    expect(findWith(indexExtend, traceOfFixture(name))).toMatchObject([{ confidence: 'proven' }])
  },
)

test.each([
  ['ten thrown away for each', counted(200, 2_000), 1],
  ['not quite ten', counted(200, 1_999), 0],
  ['a thousand thrown away', counted(1, 1_000), 1],
  ['not quite a thousand', counted(1, 999), 0],
])('%s', (_, trace, found) => {
  expect(findWith(indexExtend, trace)).toHaveLength(found)
})

test('the rows of the driver tell where the engine guesses', () => {
  const name = 'access/index-extend.plan.mysql-9.7.json'
  expect(findWith(indexExtend, traceOfFixture(name))).toEqual([])
  expect(findWith(indexExtend, traceOfFixture(name, { rows: 15 }))).toMatchObject([{ confidence: 'likely' }])
  expect(findWith(indexExtend, traceOfFixture(name, { rows: 2_000 }))).toEqual([])
})

test.each([
  [40, 1],
  [501, 0],
])('a longer index that was tried, of cost %d', (costAfter, found) => {
  const trace = traceOfFixture('access/index-extend.plan.sqlite-3.53.json', {
    indexes: [{ ...verified, costAfter, verifiedBy: 'sqlite-clone' }],
    verifiedBy: 'sqlite-clone',
  })
  expect(findWith(indexExtend, trace)).toHaveLength(found)
})

test('a search for one row is left out', () => {
  const unique = { ...index('orders_status', 'status'), isUnique: true }
  expect(
    findWith(indexExtend, traceOfFixture(EXECUTED, { tables: [ordersTable('postgres', 60_000, unique)] })),
  ).toEqual([])
})

test('a unique index is not to be dropped', () => {
  const unique = { ...index('orders_status', 'status', 'id'), isUnique: true }
  const [finding] = findWith(
    indexExtend,
    traceOfFixture(EXECUTED, { tables: [ordersTable('postgres', 60_000, unique)] }),
  )
  expect(finding?.advice.summary).not.toContain('drop')
})
