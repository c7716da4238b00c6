import { expect, test } from 'vitest'
import { dmlFullScan } from '../../src/detectors/dml-full-scan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const POSTGRES = 'pg-18/pg25 before plan.json'
const MYSQL = 'mysql-8.0/my10 before json-default.json'

test('an UPDATE of PostgreSQL', () => {
  expect(findWith(dmlFullScan, traceOfFixture(POSTGRES))).toMatchObject([
    {
      confidence: 'likely',
      title: 'UPDATE reads all 200,000 rows of orders for status and created_at',
      plan: { columns: ['status', 'created_at'], table: 'orders' },
      advice: { ddl: [expect.stringMatching(/^CREATE INDEX ON \S+orders \(status, created_at\)$/)] },
    },
  ])
})

test.each([MYSQL, 'mysql-9.7/my10 before json-v1.json', 'mysql-mariadb10.11/my10 before json-default.json'])(
  '%s: InnoDB locks what it reads',
  (name) => {
    expect(findWith(dmlFullScan, traceOfFixture(name))).toMatchObject([
      {
        severity: 'error',
        title: expect.stringMatching(/^UPDATE reads and locks all 59,\d+ rows of orders for note$/),
      },
    ])
  },
)

test('a DELETE that was executed, and one of SQLite', () => {
  expect(findWith(dmlFullScan, traceOfFixture('access/delete.analyze.pg-15.json'))).toMatchObject([
    { confidence: 'proven' },
  ])
  expect(findWith(dmlFullScan, traceOfFixture('access/delete.plan.sqlite-3.53.json'))).toMatchObject([
    { title: 'DELETE reads all 60,000 rows of orders for region' },
  ])
})

test('all rows are meant, or most of them were changed', () => {
  expect(findWith(dmlFullScan, traceOfFixture('access/delete-all.plan.pg-18.json'))).toEqual([])
  expect(findWith(dmlFullScan, traceOfFixture(MYSQL, { rows: 30_000 }))).toEqual([])
  expect(findWith(dmlFullScan, traceOfFixture(MYSQL, { rows: 30 }))).toHaveLength(1)
})

test('an index that begins so is there', () => {
  const tables = [ordersTable('mysql', 60_000, index('n', 'note'))]
  expect(findWith(dmlFullScan, traceOfFixture(MYSQL, { tables }))).toEqual([])
})

test.each([
  [18_181, 1],
  [18_182, 0],
])('%d of 200,000 rows changed', (planRows, found) => {
  const trace: Trace = withNodes(traceOfFixture(POSTGRES), ({ op }) => (op === 'seq-scan' ? { planRows } : undefined))
  expect(findWith(dmlFullScan, trace)).toHaveLength(found)
})
