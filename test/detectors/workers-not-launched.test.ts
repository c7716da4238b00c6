import { expect, test } from 'vitest'
import { workersNotLaunched } from '../../src/detectors/workers-not-launched.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return workersNotLaunched.detect(fixtureTrace(path, more), workersNotLaunched.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return workersNotLaunched.detect({ ...trace, plans }, workersNotLaunched.defaults) as readonly PlanFinding[]
}

const path = 'own/workers-not-launched.analyze.pg-18.json'

test.each(['pg-15', 'pg-18'])('%s: how many, and by which setting', (server) => {
  const [finding] = find(`own/workers-not-launched.analyze.${server}.json`)
  expect(finding?.title).toBe('0 of 2 parallel workers were there')
  expect(finding?.explanation).toContain('max_parallel_workers is 0 here')
  expect(finding).toMatchObject({ confidence: 'proven', severity: 'warning' })
  expect(finding?.plan.share).toBeCloseTo(2 / 3, 1)
})

test.each([
  [2, 0],
  [1, 1],
])('%i of 2', (launched, found) => {
  const plan = editedNode(fixturePlan(path), { op: 'gather' }, { workers: { planned: 2, launched } })
  expect(findIn(path, plan)).toHaveLength(found)
})

test('a statement of less than 10 ms, and one that was only planned', () => {
  expect(findIn(path, { ...fixturePlan(path), executionTime: 10 })).toHaveLength(1)
  expect(findIn(path, { ...fixturePlan(path), executionTime: 9.9 })).toEqual([])
  expect(find(path.replace('analyze', 'plan'))).toEqual([])
})
