import { expect, test } from 'vitest'
import { notInSubplan } from '../../src/detectors/not-in-subplan.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return notInSubplan.detect(fixtureTrace(path, more), notInSubplan.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return notInSubplan.detect({ ...trace, plans }, notInSubplan.defaults) as readonly PlanFinding[]
}

const executed = 'own/not-in-subplan.analyze.pg-18.json'

test.each(['pg-15', 'pg-18'])('%s: rows, list and what it should be instead', (server) => {
  const [finding] = find(`own/not-in-subplan.analyze.${server}.json`)
  expect(finding).toMatchObject({ confidence: 'proven', plan: { evidence: 'actual', table: 'blocked' } })
  expect(finding?.title).toMatch(/^NOT IN looks through blocked for each of 4,990 rows: 29,3\d\d,\d{3} comparisons$/)
  expect(finding?.explanation).toContain('it has 8,000 rows')
  expect(finding?.advice.summary).toContain(
    'NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.customer_id = orders.customer_id)',
  )
})

test('of a plan alone it is likely', () => {
  expect(find('own/not-in-subplan.plan.pg-15.json')).toMatchObject([
    { confidence: 'likely', plan: { evidence: 'plan' } },
  ])
})

test('SQLite makes a correlated list anew for each row', () => {
  const [finding] = find('own/not-in-correlated.plan.sqlite-3.53.json')
  expect(finding?.title).toBe('NOT IN looks through blocked for each row')
})

test.each([
  'own/not-in-hashed.analyze.pg-15.json',
  'own/not-in-hashed.plan.pg-18.json',
  'own/not-in-list.plan.sqlite-3.53.json',
])('a list that is hashed or kept is fast: %s', (path) => {
  expect(find(path)).toEqual([])
})

test.each([
  [100, 1_000, 1],
  [100, 999, 0],
])('%i rows against %i are 100,000 comparisons, or not', (loops, actualRows, found) => {
  const plan = editedNode(fixturePlan(executed), { subplanName: 'SubPlan 1' }, { loops, actualRows })
  expect(findIn(executed, plan)).toHaveLength(found)
})
