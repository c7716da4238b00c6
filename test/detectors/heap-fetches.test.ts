import { expect, test } from 'vitest'
import { heapFetches } from '../../src/detectors/heap-fetches.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'access/heap.analyze.pg-18.json'

function fetched(fetches: number, actualRows: number, actualTotalTime = 10): Trace {
  return withNodes(traceOfFixture(EXECUTED), ({ op }) =>
    op === 'index-only-scan' ? { heapFetches: fetches, actualRows, loops: 1, actualTotalTime } : undefined,
  )
}

test('an index-only scan that reads the table', () => {
  expect(findWith(heapFetches, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: expect.stringMatching(
        /^orders_region_customer alone could answer, but [\d,]+ of [\d,]+ rows were fetched from orders$/,
      ),
      plan: { evidence: 'actual', table: 'orders', index: 'orders_region_customer' },
      advice: { ddl: [expect.stringMatching(/^VACUUM \S*orders$/)] },
    },
  ])
})

test.each([
  ['ten thousand', fetched(10_000, 10_000), 1],
  ['fewer', fetched(9_999, 9_999), 0],
  ['forty percent', fetched(12_000, 30_000), 1],
  ['not quite', fetched(12_000, 30_001), 0],
  ['less than a millisecond', fetched(10_000, 10_000, 0.9), 0],
])('%s', (_, trace, found) => {
  expect(findWith(heapFetches, trace)).toHaveLength(found)
})

test('a plan alone does not tell, nor a table that has just been filled', () => {
  expect(findWith(heapFetches, traceOfFixture('access/heap.plan.pg-18.json'))).toEqual([])
  expect(findWith(heapFetches, traceOfFixture('pg-18/pg07 before analyze.json'))).toEqual([])
})
