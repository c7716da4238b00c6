import { describe, expect, test } from 'vitest'
import { cartesianJoin } from '../../src/detectors/cartesian-join.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { Plan } from '../../src/model/plan.ts'
import { editedNode } from '../edited-plan.ts'
import { fixtureTrace } from '../explained-fixture.ts'
import type { Explained } from '../explained-trace.ts'
import { fixturePlan } from '../fixture-plan.ts'

function find(path: string, more: Partial<Explained> = {}) {
  return cartesianJoin.detect(fixtureTrace(path, more), cartesianJoin.defaults) as readonly PlanFinding[]
}

/** Of a plan that was edited. */
function findIn(path: string, plan: Plan) {
  const trace = fixtureTrace(path)
  const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan, executions: 6, rows: 50 }] })) ?? []
  return cartesianJoin.detect({ ...trace, plans }, cartesianJoin.defaults) as readonly PlanFinding[]
}

const pg23 = 'pg-18/pg23-cartesian.before.analyze.json'

test.each([
  [pg23, 'proven'],
  ['pg-15/pg23-cartesian.before.plan.json', 'likely'],
  ['own/cartesian-join.analyze.mysql-9.7.txt', 'proven'],
  ['own/cartesian-join.plan.mysql-9.7.v1.json', 'likely'],
  ['own/cartesian-join.plan.mariadb-10.11.json', 'likely'],
  ['own/cartesian-join.plan.sqlite-3.53.json', 'likely'],
])('%s is an error', (path, confidence) => {
  expect(find(path)).toMatchObject([{ severity: 'error', confidence }])
})

test('names the tables, the numbers and the foreign key', () => {
  const [finding] = find(pg23)
  expect(finding?.title).toBe('customers × orders without a join condition: 3,880,000 rows')
  expect(finding?.advice.summary).toContain('`o.customer_id = c.id`, by their foreign key')
})

describe('what the statement says counts, whatever the plan makes of it', () => {
  test.each([
    [
      'a condition that became two with a value',
      'select 1 from customers c, orders o where c.id = o.customer_id and c.id = 7',
    ],
    ['over a third table', 'select 1 from customers c, orders o, visit v where v.id = c.id and v.person_id = o.id'],
    ['columns without a table', 'select 1 from customers c, orders o where country = status'],
    ['USING', 'select 1 from customers c join orders o using (id)'],
    ['tables of a view', 'select 1 from sales'],
  ])('%s', (_name, sql) => {
    expect(find(pg23, { sql })).toEqual([])
  })

  test('a CROSS JOIN may be meant: from a million combinations on it is asked about', () => {
    const sql = 'select count(*) from customers c cross join orders o where c.country = $1'
    expect(find(pg23, { sql })).toMatchObject([{ confidence: 'candidate', severity: 'warning' }])
    const small = editedNode(fixturePlan(pg23), { op: 'materialize' }, { actualRows: 499 })
    const trace = fixtureTrace(pg23, { sql })
    const plans = trace.plans?.map((explained) => ({ ...explained, plans: [{ plan: small, executions: 1 }] })) ?? []
    expect(cartesianJoin.detect({ ...trace, plans }, cartesianJoin.defaults)).toEqual([])
  })
})

test.each([
  ['10,000 combinations', 5, 1],
  ['fewer', 4, 0],
  ['one row', 1, 0],
])('%s', (_name, actualRows, found) => {
  expect(findIn(pg23, editedNode(fixturePlan(pg23), { op: 'materialize' }, { actualRows }))).toHaveLength(found)
})
