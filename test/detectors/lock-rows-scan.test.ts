import { expect, test } from 'vitest'
import { lockRowsScan } from '../../src/detectors/lock-rows-scan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'access/queue.analyze.pg-18.json'

test('a queue of PostgreSQL', () => {
  expect(findWith(lockRowsScan, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: 'all 60,000 rows of orders are read to lock 1',
      plan: { columns: ['region', 'created_at'] },
      advice: { summary: expect.stringContaining('SKIP LOCKED') },
    },
  ])
})

test.each([
  'access/queue.plan.mysql-9.7.json',
  'access/queue.plan.mysql-9.7.v1.json',
  'access/queue.plan.mariadb-10.11.json',
])('%s: InnoDB locks what it reads', (name) => {
  expect(findWith(lockRowsScan, traceOfFixture(name))).toMatchObject([
    { severity: 'error', title: expect.stringContaining('are read and locked') },
  ])
})

test('SKIP LOCKED is there already', () => {
  const sql = 'select * from orders where region = $1 order by created_at limit 1 for update skip locked'
  const [finding] = findWith(lockRowsScan, traceOfFixture(EXECUTED, { sql }))
  expect(finding?.advice.summary).not.toContain('SKIP LOCKED')
})

test('a read that locks nothing is none', () => {
  const sql = 'select * from orders where region = $1 order by created_at limit 1'
  expect(findWith(lockRowsScan, traceOfFixture('access/queue.plan.mysql-9.7.json', { sql }))).toEqual([])
})

test.each([
  [500, 500, 1],
  [500, 499, 0],
])('%d kept and %d thrown away before the first is taken', (actualRows, rowsRemovedByFilter, found) => {
  const trace: Trace = withNodes(traceOfFixture(EXECUTED), ({ op }) =>
    op === 'seq-scan' ? { actualRows, rowsRemovedByFilter, planRows: actualRows, loops: 1 } : undefined,
  )
  expect(
    findWith(lockRowsScan, { ...trace, plans: trace.plans?.map((plan) => ({ ...plan, tables: plan.tables })) ?? [] }),
  ).toHaveLength(found)
})
