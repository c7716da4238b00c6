import type { FindingKind } from '../../src/model/finding.ts'
import type { Trace } from '../../src/model/trace.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import { explainedTrace } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

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
  'subplan-per-row': () => fixtureTrace('pg-18/pg15-correlated-subquery.before.analyze.json'),
  'not-in-subplan': () => fixtureTrace('own/not-in-subplan.analyze.pg-18.json'),
  'nested-loop-inner-scan': () => fixtureTrace('own/nested-loop-lateral.analyze.pg-18.json'),
  'cartesian-join': () => fixtureTrace('pg-18/pg23-cartesian.before.analyze.json'),
  'stale-statistics': () => fixtureTrace('pg-18/pg08-stale-stats.before.analyze.json'),
  'mis-estimate': () => fixtureTrace('pg-18/pg07-correlated-columns.before.analyze.json'),
  'disk-spill': () => fixtureTrace('pg-18/pg05-disk-sort.before.analyze.json'),
  'lossy-bitmap': () => fixtureTrace('own/lossy-bitmap.analyze.pg-18.json'),
  'jit-overhead': () => fixtureTrace('pg-15/pg18-jit-overhead.before.analyze.json'),
  'planning-dominates': () => fixtureTrace('own/planning-dominates.analyze.pg-18.json'),
  'workers-not-launched': () => fixtureTrace('own/workers-not-launched.analyze.pg-18.json'),
  serialization: () => fixtureTrace('own/serialization.analyze.pg-18.json'),
  'parameter-sensitive-plan': () =>
    explainedTrace(
      ['own/parameter-sensitive-1.plan.pg-18.json', 'own/parameter-sensitive-2.plan.pg-18.json'].map(fixturePlan),
      { sql: 'select * from jobs where state = $1' },
    ),
}
