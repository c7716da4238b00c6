import { describe, expect, test } from 'vitest'
import { diskSpill } from '../../src/detectors/disk-spill.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return diskSpill.detect(fixtureTrace(path, more), diskSpill.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return diskSpill.detect({ ...trace, plans }, diskSpill.defaults) as readonly PlanFinding[]
}

const pg05 = 'pg-18/pg05-disk-sort.before.analyze.json'
const index = {
  ddl: 'CREATE INDEX ON orders (total, note)',
  table: 'orders',
  columns: ['total', 'note'],
  method: 'btree',
  costBefore: 39_595,
  costAfter: 9_000,
  verifiedBy: 'pglite',
  purpose: 'order',
} as const

describe('the memory that it takes', () => {
  test.each([
    [pg05, 'A sort by orders.total, orders.note went through files: external merge of 16,072 kB on disk', '32MB'],
    ['own/hash-spill.analyze.pg-18.json', 'A hash join went through files: 16 batches', '4MB'],
    [
      'own/hash-aggregate-spill.analyze.pg-15.json',
      'A hash aggregate went through files: 249 batches, 7,096 kB on disk',
      '24MB',
    ],
    [
      'own/materialize-spill.analyze.pg-15.json',
      'The result of CTE o went through files: 4,616 kB of temporary files',
      '8MB',
    ],
  ])('%s', (path, title, size) => {
    const [finding] = find(path)
    expect(finding).toMatchObject({ title, confidence: 'proven', advice: { ddl: [`SET LOCAL work_mem = '${size}'`] } })
  })

  test('is more than there is', () => {
    const plan = { ...fixturePlan(pg05), settings: { work_mem: '64MB' } }
    expect(findIn(pg05, plan)[0]?.advice.ddl).toEqual(["SET LOCAL work_mem = '96MB'"])
  })

  test('is half of it for a hash on PostgreSQL 15, which may take twice work_mem', () => {
    const path = 'own/hash-spill.analyze.pg-18.json'
    const plan = fixturePlan(path)
    expect(findIn(path, { ...plan, serverVersion: '14.2' })[0]?.advice.ddl).toEqual(["SET LOCAL work_mem = '8MB'"])
    const settings = { ...plan.settings, hash_mem_multiplier: '4' }
    expect(findIn(path, { ...plan, settings })[0]?.advice.ddl).toEqual(["SET LOCAL work_mem = '2MB'"])
  })
})

test('an index that gives the order comes first', () => {
  const [finding] = find(pg05, { indexes: [index], verifiedBy: 'pglite' })
  expect(finding).toMatchObject({
    plan: { evidence: 'verified', columns: ['total', 'note'] },
    advice: { ddl: [index.ddl] },
  })
  expect(finding?.advice.summary).toContain('32MB')
  const join = { ...index, purpose: 'join' as const }
  expect(find(pg05, { indexes: [join] })[0]?.advice.ddl).toEqual(["SET LOCAL work_mem = '32MB'"])
})

test('MariaDB counts passes, and no sizes', () => {
  const [finding] = find('own/disk-spill.analyze.mariadb-10.11.json')
  expect(finding?.title).toContain('51 merge passes')
  expect(finding?.advice.ddl).toBeUndefined()
})

test('256 blocks of a kept result', () => {
  const path = 'own/materialize-spill.analyze.pg-18.json'
  const written = (tempWritten: number) =>
    editedNode(fixturePlan(path), { op: 'cte-scan' }, { buffers: { tempWritten } })
  expect(findIn(path, written(256))).toHaveLength(1)
  expect(findIn(path, written(255))).toEqual([])
})

test('what fits into memory is silent', () => {
  const fits = editedNode(
    fixturePlan(pg05),
    { op: 'sort' },
    { sort: { method: 'quicksort', spaceKb: 23_332, disk: false } },
  )
  expect(findIn(pg05, fits)).toEqual([])
  expect(findIn(pg05, { ...fixturePlan(pg05), executionTime: 0.9 })).toEqual([])
})
