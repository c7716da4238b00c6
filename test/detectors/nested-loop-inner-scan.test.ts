import { describe, expect, test } from 'vitest'
import { nestedLoopInnerScan } from '../../src/detectors/nested-loop-inner-scan.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return nestedLoopInnerScan.detect(fixtureTrace(path, more), nestedLoopInnerScan.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return nestedLoopInnerScan.detect({ ...trace, plans }, nestedLoopInnerScan.defaults) as readonly PlanFinding[]
}

const lateral = 'own/nested-loop-lateral.analyze.pg-18.json'
const range = 'own/nested-loop-range.analyze.pg-18.json'

describe('the inner side is read again', () => {
  test.each([
    [lateral, '15,000,000', 'CREATE INDEX ON orders (customer_id)'],
    [
      'own/nested-loop-lateral.analyze.mysql-9.7.txt',
      '4,000,000',
      'CREATE INDEX orders_customer_id_idx ON orders (customer_id)',
    ],
  ])('%s', (path, rows, ddl) => {
    const [finding] = find(path)
    expect(finding?.title).toMatch(new RegExp(`^orders is read whole [23]00 times in a nested loop: ${rows} rows$`))
    expect(finding).toMatchObject({ confidence: 'proven', plan: { columns: ['customer_id'] }, advice: { ddl: [ddl] } })
  })

  test.each([
    [100, 1_000, 1],
    [100, 999, 0],
    [99, 50_000, 0],
  ])('%i runs of %i rows', (loops, rows, found) => {
    const change = { loops, actualRows: 1, rowsRemovedByFilter: rows - 1 }
    expect(findIn(lateral, editedNode(fixturePlan(lateral), { relation: 'orders' }, change))).toHaveLength(found)
  })
})

describe('all is compared with all', () => {
  test('in what PostgreSQL keeps', () => {
    const [finding] = find(range)
    expect(finding?.title).toBe('3,000 rows are each compared with 2,001 rows of band: 6,003,000 comparisons')
    expect(finding?.advice.ddl).toBeUndefined()
  })

  test('in a block nested loop of MariaDB, which an index cures', () => {
    const [finding] = find('own/nested-loop-join.analyze.mariadb-10.11.json')
    expect(finding?.title).toBe('400 rows are each compared with 20,000 rows of orders: 8,000,000 comparisons')
    expect(finding?.explanation).toContain('for `o.customer_id = c.id + 0`')
    expect(finding?.advice.ddl).toEqual(['CREATE INDEX orders_customer_id_idx ON orders (customer_id)'])
  })

  test('in a hash join of MySQL that has nothing to hash', () => {
    const [finding] = find('own/nested-loop-range.analyze.mysql-9.7.txt')
    expect(finding?.title).toBe('3,000 rows are each compared with 2,000 rows of band: 6,000,000 comparisons')
  })

  test('an OR is to be a UNION', () => {
    const [finding] = find('own/nested-loop-or.analyze.pg-15.json')
    expect(finding?.advice.summary).toContain('UNION')
  })

  test.each([
    ['a million comparisons', { loops: 1_000, actualRows: 1_000 }, {}, 1],
    ['fewer', { loops: 1_000, actualRows: 999 }, {}, 0],
    ['a fifth of them fits', {}, { actualRows: 1_200_600 }, 1],
    ['more fits', {}, { actualRows: 1_200_601 }, 0],
  ])('%s', (_name, kept, join, found) => {
    const plan = editedNode(fixturePlan(range), { op: 'materialize' }, kept)
    expect(findIn(range, editedNode(plan, { op: 'nested-loop' }, join))).toHaveLength(found)
  })
})

describe('SQLite', () => {
  const automatic = 'own/nested-loop-automatic-index.plan.sqlite-3.53.json'
  test('builds an index for each execution', () => {
    const [finding] = find(automatic)
    expect(finding?.title).toBe('An index on orders (customer_id) is built for every execution')
    expect(finding?.advice.ddl).toEqual(['CREATE INDEX orders_customer_id_idx ON orders (customer_id)'])
  })

  test('which is nothing for a small table', () => {
    const trace = fixtureTrace(automatic)
    const tables = trace.plans?.[0]?.tables.map((table) => ({ ...table, rows: 999 })) ?? []
    expect(find(automatic, { tables })).toEqual([])
  })
})

test('tables that nothing joins are left to cartesian-join', () => {
  for (const server of ['pg-18.json', 'mariadb-10.11.json', 'sqlite-3.53.json']) {
    expect(find(`own/cartesian-join.plan.${server}`)).toEqual([])
  }
})
