import { expect, test } from 'vitest'
import { jitOverhead } from '../../src/detectors/jit-overhead.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedPlan } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return jitOverhead.detect(fixtureTrace(path, more), jitOverhead.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return jitOverhead.detect({ ...trace, plans }, jitOverhead.defaults) as readonly PlanFinding[]
}

const path = 'pg-15/pg18-jit-overhead.before.analyze.json'

test('compiling, and what to do about it', () => {
  const [finding] = find(path)
  expect(finding?.title).toBe('Compiling takes 199 ms of 351 ms')
  expect(finding).toMatchObject({ confidence: 'proven', advice: { ddl: ['SET LOCAL jit = off'] } })
  expect(finding?.plan.share).toBeCloseTo(0.57, 2)
})

test.each([
  ['a quarter, and 10 ms', 10, 40, 1],
  ['under a quarter', 10, 40.1, 0],
  ['under 10 ms', 9.9, 20, 0],
  // without timing, PostgreSQL leaves it out
  ['not timed', 0, 400, 0],
])('%s', (_name, timeMs, executionTime, found) => {
  const plan = editedPlan(fixturePlan(path), { jit: { functions: 5, timeMs }, executionTime })
  expect(findIn(path, plan)).toHaveLength(found)
})

test('servers without a compiler are silent', () => {
  expect(find('pg-18/pg18-jit-overhead.before.analyze.json')).toEqual([])
})
