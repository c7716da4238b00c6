import { describe, expect, test } from 'vitest'
import { misEstimate } from '../../src/detectors/mis-estimate.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return misEstimate.detect(fixtureTrace(path, more), misEstimate.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return misEstimate.detect({ ...trace, plans }, misEstimate.defaults) as readonly PlanFinding[]
}

const pg07 = 'pg-18/pg07-correlated-columns.before.analyze.json'

test.each(['pg-15', 'pg-18'])('%s: columns that depend on each other, with dependencies alone', (server) => {
  const [finding] = find(`${server}/pg07-correlated-columns.before.analyze.json`)
  expect(finding).toMatchObject({ confidence: 'proven', plan: { table: 'addr', columns: ['country', 'city', 'zip'] } })
  expect(finding?.title).toBe('addr: 2 rows expected, 1,000 read')
  const [create = '', analyze] = finding?.advice.ddl ?? []
  expect(create).toMatch(
    /^CREATE STATISTICS addr_country_city_zip_stats \(dependencies\) ON country, city, zip FROM (\w+\.)?addr$/,
  )
  expect(analyze).toMatch(/^ANALYZE (\w+\.)?addr$/)
})

test('MySQL counts the rows of an index while it plans', () => {
  const [finding] = find('own/mis-estimate.analyze.mysql-9.7.txt')
  expect(finding?.advice.ddl?.[0]).toMatch(/^CREATE INDEX \w+ ON addr \(zip, city, country\)$/)
})

test('an expression has no statistics', () => {
  const [finding] = find('own/mis-estimate-single.analyze.pg-18.json')
  expect(finding?.advice.summary).toContain('The planner knows nothing of `substr(i.tags, 1, 5)`')
  expect(finding?.plan.columns).toBeUndefined()
})

describe('thresholds', () => {
  test.each([
    ['ten times more', { planRows: 100, actualRows: 1_000 }, 1],
    ['not quite', { planRows: 101, actualRows: 1_000 }, 0],
    ['fewer than a thousand rows', { planRows: 2, actualRows: 999 }, 0],
  ])('%s', (_name, change, found) => {
    expect(findIn(pg07, editedNode(fixturePlan(pg07), { relation: 'addr' }, change))).toHaveLength(found)
  })
})

describe('only where it did harm', () => {
  const sorted = 'own/mis-estimate-sort.analyze.pg-18.json'
  test('a sort that had room enough', () => {
    const plan = editedNode(
      fixturePlan(sorted),
      { op: 'sort' },
      { sort: { method: 'quicksort', spaceKb: 314, disk: false } },
    )
    expect(find(sorted)).toHaveLength(1)
    expect(findIn(sorted, plan)).toEqual([])
  })

  const single = 'own/mis-estimate-single.analyze.pg-18.json'
  const tooMany = editedNode(fixturePlan(single), { relation: 'item' }, { planRows: 50_000, actualRows: 3 })
  test('too many were expected, and a hash join read the other table whole', () => {
    expect(findIn(single, tooMany)).toMatchObject([{ title: 'item: 50,000 rows expected, 3 read' }])
  })

  test('unless a LIMIT stopped it', () => {
    const limited = editedNode(tooMany, { op: 'aggregate' }, { op: 'limit' })
    expect(findIn(single, editedNode(limited, { op: 'hash' }, { op: 'limit' }))).toEqual([])
  })
})

test('statistics that are stale are said first', () => {
  const tables = fixtureTrace(pg07).plans?.[0]?.tables.map((table) => ({
    ...table,
    statistics: { isMissing: false, modifiedRows: 100_000 },
  }))
  expect(find(pg07, { tables: tables ?? [] })).toEqual([])
})

test('of a plan that was not executed nothing is said', () => {
  expect(find('pg-18/pg07-correlated-columns.before.plan.json')).toEqual([])
  expect(find('pg-18/pg07-correlated-columns.after.analyze.json')).toEqual([])
})
