import { expect, test } from 'vitest'
import { lossyBitmap } from '../../src/detectors/lossy-bitmap.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return lossyBitmap.detect(fixtureTrace(path, more), lossyBitmap.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return lossyBitmap.detect({ ...trace, plans }, lossyBitmap.defaults) as readonly PlanFinding[]
}

const path = 'own/lossy-bitmap.analyze.pg-18.json'

test.each(['pg-15', 'pg-18'])('%s: pages, and the memory that keeps them exact', (server) => {
  const [finding] = find(`own/lossy-bitmap.analyze.${server}.json`)
  expect(finding).toMatchObject({ confidence: 'proven', plan: { table: 'reading', evidence: 'actual' } })
  expect(finding?.title).toBe('5,165 of 6,000 pages of reading were read without knowing which rows')
  expect(finding?.advice.ddl).toEqual(["SET LOCAL work_mem = '384kB'"])
})

test.each([
  [100, 900, 1],
  [99, 901, 0],
  [0, 6_000, 0],
])('%i lossy pages and %i exact ones', (lossyHeapBlocks, exactHeapBlocks, found) => {
  const plan = editedNode(fixturePlan(path), { op: 'bitmap-heap-scan' }, { lossyHeapBlocks, exactHeapBlocks })
  expect(findIn(path, plan)).toHaveLength(found)
})

test('each run has a bitmap of its own', () => {
  const plan = editedNode(fixturePlan(path), { op: 'bitmap-heap-scan' }, { loops: 3 })
  expect(findIn(path, plan)[0]?.advice.ddl).toEqual(["SET LOCAL work_mem = '128kB'"])
})
