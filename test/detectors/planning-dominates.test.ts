import { expect, test } from 'vitest'
import { planningDominates } from '../../src/detectors/planning-dominates.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedPlan } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return planningDominates.detect(fixtureTrace(path, more), planningDominates.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return planningDominates.detect({ ...trace, plans }, planningDominates.defaults) as readonly PlanFinding[]
}

const path = 'own/planning-dominates.analyze.pg-18.json'

test('planning against executing, and why', () => {
  const [finding] = find(path)
  expect(finding?.title).toBe('Planning takes 4 ms, executing 2.5 ms, 6 times')
  expect(finding?.explanation).toContain('300 partitions')
  // 4 of the 50 ms that an execution took here
  expect(finding?.plan.share).toBeCloseTo(0.08, 2)
})

test.each([
  ['as long as executing', { planningTime: 2, executionTime: 2 }, 1],
  ['shorter', { planningTime: 2, executionTime: 2.1 }, 0],
  ['a millisecond', { planningTime: 1, executionTime: 0.1 }, 1],
  ['less', { planningTime: 0.9, executionTime: 0.1 }, 0],
])('%s', (_name, times, found) => {
  expect(findIn(path, editedPlan(fixturePlan(path), times))).toHaveLength(found)
})

test('sent five times, or not', () => {
  expect(find(path, { executions: 5 })).toHaveLength(1)
  expect(find(path, { executions: 4 })).toEqual([])
})

test('the application prepares it: its executions are shorter than planning', () => {
  expect(find(path, { durationMs: 2.1 })).toHaveLength(1)
  expect(find(path, { durationMs: 1.9 })).toEqual([])
})
