import { expect, test } from 'vitest'
import { serialization } from '../../src/detectors/serialization.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedPlan } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return serialization.detect(fixtureTrace(path, more), serialization.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return serialization.detect({ ...trace, plans }, serialization.defaults) as readonly PlanFinding[]
}

const path = 'own/serialization.analyze.pg-18.json'

test('writing rows out, and which columns may be large', () => {
  const [finding] = find(path)
  expect(finding?.title).toMatch(/^Writing out 3,000 rows takes 131 ms of 132 ms$/)
  expect(finding?.advice.summary).toContain('document.title and document.body')
})

test.each([
  ['three tenths, and 10 ms', 12, 40, 1],
  ['under three tenths', 11.9, 40, 0],
  ['under 10 ms', 9.9, 20, 0],
])('%s', (_name, timeMs, executionTime, found) => {
  const plan = editedPlan(fixturePlan(path), { serialization: { timeMs }, executionTime })
  expect(findIn(path, plan)).toHaveLength(found)
})

test('small rows are silent', () => {
  expect(find('own/serialization-small.analyze.pg-18.json')).toEqual([])
})
