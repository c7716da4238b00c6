import { describe, expect, test } from 'vitest'
import { subplanPerRow } from '../../src/detectors/subplan-per-row.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return subplanPerRow.detect(fixtureTrace(path, more), subplanPerRow.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return subplanPerRow.detect({ ...trace, plans }, subplanPerRow.defaults) as readonly PlanFinding[]
}

const pg15 = 'pg-18/pg15-correlated-subquery.before.analyze.json'
const index = {
  ddl: 'CREATE INDEX ON orders (customer_id)',
  table: 'orders',
  columns: ['customer_id'],
  method: 'btree',
  costBefore: 334_818,
  costAfter: 5_400,
  verifiedBy: 'hypopg',
  purpose: 'filter',
} as const

describe('a scan in each run', () => {
  test.each([
    [pg15, 'proven', 'actual'],
    ['pg-15/pg15-correlated-subquery.before.plan.json', 'likely', 'plan'],
    ['mysql-9.7/my05-dependent-subquery.before.analyze-tree.txt', 'proven', 'actual'],
    ['mysql-8.0/my05-dependent-subquery.before.json-default.json', 'likely', 'plan'],
    ['mysql-mariadb10.11/my05-dependent-subquery.before.analyze-json.json', 'proven', 'actual'],
    ['sqlite-sqlite3.53.2/sl04-correlated.before.json', 'likely', 'plan'],
  ] as const)('of %s: the table, the column, and what it rests on', (path, confidence, evidence) => {
    const [finding] = find(path)
    expect(finding).toMatchObject({ confidence, plan: { evidence, table: 'orders', columns: ['customer_id'] } })
    expect(finding?.advice.ddl?.[0]).toMatch(
      /^CREATE INDEX (orders_customer_id_idx )?ON (\w+\.)?orders \(customer_id\)$/,
    )
  })

  test('says how often, and how many rows', () => {
    const [finding] = find('own/subplan-exists.analyze.mysql-9.7.txt')
    expect(finding?.title).toBe('orders is scanned 500 times by a subquery: 5,274,000 rows')
    expect(finding?.explanation).toContain('again for each of 500 rows around it')
  })

  test('an index that was tried is the proof', () => {
    const [finding] = find('pg-18/pg15-correlated-subquery.before.plan.json', {
      indexes: [index],
      verifiedBy: 'hypopg',
    })
    expect(finding).toMatchObject({ confidence: 'proven', plan: { evidence: 'verified', verified: index } })
    expect(finding?.explanation).toContain('HypoPG')
    expect(finding?.advice.ddl).toEqual([index.ddl])
  })

  test('a thousand rows are enough in SQLite where nobody knows for how many rows it runs', () => {
    const path = 'sqlite-sqlite3.53.2/sl04-correlated.before.json'
    expect(find(path, { rows: 0 })).toHaveLength(1)
    expect(find(path, { rows: 0, tables: [] })).toEqual([])
  })
})

describe('thresholds', () => {
  const scanned = (loops: number, rows: number) => {
    const plan = fixturePlan(pg15)
    const repeated = editedNode(plan, { op: 'aggregate' }, { loops })
    return editedNode(repeated, { relation: 'orders' }, { loops, actualRows: 1, rowsRemovedByFilter: rows - 1 })
  }
  test.each([
    ['100 runs of 1,000 rows', 100, 1_000, 1],
    ['100 runs of 999 rows', 100, 999, 0],
    ['99 runs of 1,011 rows', 99, 1_011, 0],
    ['99 runs that read a million rows', 99, 10_102, 1],
    ['many runs over five rows', 999, 5, 0],
  ])('%s', (_name, loops, rows, found) => {
    expect(findIn(pg15, scanned(loops, rows))).toHaveLength(found)
  })

  test('a statement under a millisecond', () => {
    expect(findIn(pg15, { ...fixturePlan(pg15), executionTime: 0.99 })).toEqual([])
  })
})

test('many short runs are told where they take most of the time', () => {
  const path = 'own/subplan-indexed-many.analyze.pg-18.json'
  const [finding] = find(path)
  expect(finding?.title).toMatch(/^A subquery over orders runs 100,000 times: [\d,]+ ms$/)
  expect(finding?.advice.ddl).toBeUndefined()
  expect(find(path.replace('analyze', 'plan'))).toEqual([])
  const few = editedNode(fixturePlan(path), { subplanName: 'SubPlan 1' }, { loops: 999 })
  expect(findIn(path, few)).toEqual([])
})
