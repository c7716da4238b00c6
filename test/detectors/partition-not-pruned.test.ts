import { expect, test } from 'vitest'
import { partitionNotPruned } from '../../src/detectors/partition-not-pruned.ts'
import type { PlanNode } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'access/partitions.analyze.pg-18.json'

function appending(change: (append: PlanNode) => Partial<PlanNode>): Trace {
  return withNodes(traceOfFixture(EXECUTED), (node) => (node.op === 'append' ? change(node) : undefined))
}

test.each([
  [EXECUTED, 'proven'],
  ['access/partitions.plan.pg-15.json', 'likely'],
])('%s', (name, confidence) => {
  expect(findWith(partitionNotPruned, traceOfFixture(name))).toMatchObject([
    {
      confidence,
      title: expect.stringMatching(/^All 6 partitions of events are read: 60,000 rows for \d+$/),
      plan: { table: 'events' },
    },
  ])
})

test.each([
  ['four partitions', appending(({ children }) => ({ children: children.slice(0, 4) })), 1],
  ['three', appending(({ children }) => ({ children: children.slice(0, 3) })), 0],
  ['others were pruned', appending(() => ({ subplansRemoved: 1 })), 0],
  ['less than a millisecond', appending(() => ({ actualTotalTime: 0.9, loops: 1 })), 0],
])('%s', (_, trace, found) => {
  expect(findWith(partitionNotPruned, trace)).toHaveLength(found)
})

test.each([
  [100, 900, 1],
  [101, 900, 0],
])('%d kept and %d thrown away in each', (actualRows, rowsRemovedByFilter, found) => {
  const trace = withNodes(traceOfFixture(EXECUTED), ({ op }) =>
    op === 'seq-scan' ? { actualRows, rowsRemovedByFilter, loops: 1 } : undefined,
  )
  expect(findWith(partitionNotPruned, trace)).toHaveLength(found)
})

test('a UNION ALL of several tables is no partitioned one, and without a condition all is asked for', () => {
  const others = withNodes(traceOfFixture(EXECUTED), ({ relation }) =>
    relation === undefined ? undefined : { alias: relation.replace(/\d+$/, 'x') },
  )
  expect(findWith(partitionNotPruned, others)).toEqual([])
  const open = withNodes(traceOfFixture(EXECUTED), ({ op, filter }) => {
    if (op !== 'seq-scan' || filter === undefined) return undefined
    return { filter: '' }
  })
  expect(findWith(partitionNotPruned, open)).toEqual([])
})
