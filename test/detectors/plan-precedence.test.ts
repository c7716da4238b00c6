import { expect, test } from 'vitest'
import { withoutContradictions } from '../../src/detectors/plan-precedence.ts'
import type { Finding, PlanEvidence, PlanKind } from '../../src/model/finding.ts'
import { fixturePlan } from '../explain/fixture-plans.ts'

const planned = fixturePlan('pg-18/pg01-missing-eq-index.before.plan.json')
const executed = fixturePlan('pg-18/pg01-missing-eq-index.before.analyze.json')

/** `kind table evidence`, of one statement. */
function finding(text: string, isExecuted = false, fingerprint = 'select ?'): Finding {
  const [kind, table, evidence = 'plan'] = text.split(' ') as [PlanKind, string, PlanEvidence]
  const plan = { plan: isExecuted ? executed : planned, evidence, ...(table === '-' ? {} : { table }) }
  return { kind, scope: { id: 's1', name: 'x' }, statement: { fingerprint }, plan } as unknown as Finding
}

function left(...texts: (string | Finding)[]): string[] {
  const findings = texts.map((text) => (typeof text === 'string' ? finding(text) : text))
  return withoutContradictions(findings).map(({ kind }) => kind)
}

test.each([
  [['missing-index orders', 'dml-full-scan orders'], ['dml-full-scan']],
  [['missing-index orders', 'wrong-index-order-limit orders'], ['wrong-index-order-limit']],
  [['missing-index orders', 'non-sargable orders'], ['non-sargable']],
  [['missing-index orders', 'subplan-per-row orders'], ['subplan-per-row']],
  [
    ['missing-index orders', 'subplan-per-row customers'],
    ['missing-index', 'subplan-per-row'],
  ],
  [['missing-index orders', 'stale-statistics orders'], ['stale-statistics']],
  [['missing-index orders verified', 'stale-statistics orders'], ['stale-statistics']],
  [
    ['missing-index orders', 'stale-statistics customers'],
    ['missing-index', 'stale-statistics'],
  ],
  [['missing-index orders', 'mis-estimate orders'], ['mis-estimate']],
  [
    ['missing-index orders', 'partition-not-pruned orders'],
    ['missing-index', 'partition-not-pruned'],
  ],
  [
    ['missing-index orders', 'heap-fetches orders'],
    ['missing-index', 'heap-fetches'],
  ],
  [['missing-index orders', 'cartesian-join -'], ['cartesian-join']],
  [['missing-index orders', 'disk-spill -'], ['disk-spill']],
  [['fk-without-index orders', 'missing-index orders'], ['missing-index']],
])('%j', (given, expected) => {
  expect(left(...given)).toEqual(expected)
  expect(left(...[...given].reverse()).sort()).toEqual([...expected].sort())
})

test('rows of an execution are beyond doubt', () => {
  expect(left(finding('missing-index orders actual', true), 'stale-statistics orders')).toHaveLength(2)
  expect(left(finding('missing-index orders verified', true), 'stale-statistics orders')).toHaveLength(2)
})

test('another statement is another matter', () => {
  expect(left(finding('missing-index orders', false, 'a'), finding('dml-full-scan orders', false, 'b'))).toHaveLength(2)
})

test('findings without a plan stay', () => {
  const loop = { kind: 'n-plus-one', scope: { id: 's1' }, statement: { fingerprint: 'select ?' } } as unknown as Finding
  expect(left(loop, 'missing-index orders')).toEqual(['n-plus-one', 'missing-index'])
})
