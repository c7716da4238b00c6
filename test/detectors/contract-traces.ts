import type { FindingKind } from '../../src/model/finding.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'

/** For kinds that find nothing in an ordinary scope, since they look at plans: a scope with something for each. */
export const contractTraces: { readonly [Kind in FindingKind]?: () => Trace } = {
  'missing-index': () => traceOfFixture('pg-18/pg01 before analyze.json'),
  'index-extend': () => traceOfFixture('access/index-extend.analyze.pg-18.json'),
  'index-column-order': () => traceOfFixture('access/range-first.plan.pg-18.json'),
  'wrong-index-order-limit': () => traceOfFixture('pg-18/pg04 before analyze.json'),
  'non-sargable': () => traceOfFixture('pg-18/pg11 before analyze.json'),
  'leading-wildcard': () => traceOfFixture('pg-18/pg13 before analyze.json'),
  'or-across-columns': () => traceOfFixture('access/or.analyze.pg-18.json'),
  'dml-full-scan': () => traceOfFixture('pg-18/pg25 before plan.json'),
  'lock-rows-scan': () => traceOfFixture('access/queue.analyze.pg-18.json'),
  'large-offset': () => traceOfFixture('pg-18/pg10 before analyze.json'),
  'fk-without-index': () => traceOfFixture('access/fk.analyze.pg-18.json'),
  'heap-fetches': () => traceOfFixture('access/heap.analyze.pg-18.json'),
  'partition-not-pruned': () => traceOfFixture('access/partitions.analyze.pg-18.json'),
}
