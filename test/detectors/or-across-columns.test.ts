import { expect, test } from 'vitest'
import { orAcrossColumns } from '../../src/detectors/or-across-columns.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'access/or.analyze.pg-18.json'
const SQLITE = 'sqlite-sqlite3.53.2/sl05 before json'

test.each([
  EXECUTED,
  'access/or.plan.pg-15.json',
  'access/or.plan.mysql-9.7.json',
  'access/or.plan.mysql-9.7.v1.json',
  'access/or.analyze.mariadb-10.11.json',
  'access/or.plan.sqlite-3.53.json',
])('%s', (name) => {
  const [finding, ...others] = findWith(orAcrossColumns, traceOfFixture(name))
  expect(others).toEqual([])
  expect(finding?.plan.columns).toEqual(['customer_id', 'total'])
  expect(finding?.explanation).toContain('total has no index.')
  expect(finding?.advice.ddl).toHaveLength(1)
  expect(finding?.advice.ddl?.[0]).toMatch(/^CREATE INDEX \S*\s?ON \S*orders \(total\)$/)
})

test('both have an index: UNION', () => {
  const tables = [ordersTable('sqlite', 100_000, index('a', 'customer_id'), index('b', 'total'))]
  const [finding] = findWith(orAcrossColumns, traceOfFixture(SQLITE, { tables }))
  expect(finding?.advice).toEqual({ summary: expect.stringContaining('UNION') })
})

test.each([
  ['one column', 'select * from orders where customer_id = ? or customer_id = ?'],
  ['an alternative that no index serves', 'select * from orders where ? is null or total = ?'],
  ['a range, of which nobody knows how much it keeps', 'select * from orders where customer_id = ? or total > ?'],
  [
    'another condition that could be searched',
    'select * from orders where status = ? and (customer_id = 1 or total = ?)',
  ],
])('%s', (_, sql) => {
  expect(findWith(orAcrossColumns, traceOfFixture(SQLITE, { sql }))).toEqual([])
})

test.each([
  [1_000, 10_000, 1],
  [1_000, 9_999, 0],
  [0, 1_000, 1],
  [0, 999, 0],
])('%d kept, %d thrown away', (actualRows, rowsRemovedByFilter, found) => {
  const trace: Trace = withNodes(traceOfFixture(EXECUTED), () => ({
    actualRows,
    rowsRemovedByFilter,
    planRows: actualRows,
    loops: 1,
  }))
  expect(findWith(orAcrossColumns, trace)).toHaveLength(found)
})
