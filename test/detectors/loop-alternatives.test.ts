import { describe, expect, test } from 'vitest'
import { nPlusOne } from '../../src/detectors/n-plus-one.ts'
import type { NPlusOneFinding } from '../../src/model/finding.ts'
import type { ExplainedStatement, Plan, VerifiedIndex } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { catalogTable } from '../catalog-table.ts'
import { fixturePlan } from '../fixture-plan.ts'
import { traceOf } from '../trace-of.ts'

const BY_CUSTOMER = 'select * from orders where customer_id = $1'
const scan = fixturePlan('pg-18/pg01-missing-eq-index.before.plan.json')
const lookup = fixturePlan('pg-18/pg01-missing-eq-index.after.plan.json')
const index: VerifiedIndex = {
  ddl: 'CREATE INDEX ON orders (customer_id)',
  table: 'orders',
  columns: ['customer_id'],
  method: 'btree',
  costBefore: 5_000,
  costAfter: 50,
  verifiedBy: 'hypopg',
  purpose: 'filter',
}

function costing(plan: Plan, totalCost: number): Plan {
  return { ...plan, root: { ...plan.root, totalCost } }
}

/** Four look-ups of 11 ms, in a scope whose fastest statement took 1 ms. */
function loopWith(more: Partial<ExplainedStatement>, lookupMs = 11): Trace {
  const trace = traceOf(`
    a.ts:10 | select * from customers | [] | id=1,2,3,4
    a.ts:12 | ${BY_CUSTOMER} | [1] | 20 rows
    a.ts:12 | ${BY_CUSTOMER} | [2] | 20 rows
    a.ts:12 | ${BY_CUSTOMER} | [3] | 20 rows
    a.ts:12 | ${BY_CUSTOMER} | [4] | 20 rows
  `)
  const executions = trace.executions.map((each) => ({
    ...each,
    startMs: each.id * 20,
    durationMs: each.id === 0 ? 1 : lookupMs,
  }))
  const explained: ExplainedStatement = {
    statement: 1,
    plans: [{ plan: scan, executions: 4 }],
    tables: [catalogTable('orders', 200_000, 'id customer_id')],
    indexes: [],
    ...more,
  }
  return { ...trace, executions, plans: [explained] }
}

function find(more: Partial<ExplainedStatement>): NPlusOneFinding | undefined {
  return nPlusOne.detect(loopWith(more), nPlusOne.defaults)[0]
}

const batched = { plan: costing(scan, (scan.root.totalCost ?? 0) * 2), parameters: 4 }

describe('what it would take', () => {
  test('with an index that was tried, and the plan of one statement', () => {
    // 10 ms of work in each of four turns, 1 ms of which is the way
    expect(find({ indexes: [index], batched })?.alternatives).toEqual({ now: 44, batched: 21, indexed: 4.4, both: 1.4 })
  })

  test('with the index alone: one scan finds the rows of all', () => {
    expect(find({ indexes: [index] })?.alternatives).toEqual({ now: 44, batched: 11, indexed: 4.4, both: 1.4 })
  })

  test('with one statement alone, no index is spoken of', () => {
    const finding = find({ batched })
    expect(finding?.alternatives).toEqual({ now: 44, batched: 21, indexed: 44, both: 21 })
    expect(finding?.explanation).not.toContain('index')
  })

  test('of a statement planned for fewer keys, the rest costs as much again', () => {
    const fewer = { ...batched, parameters: 2 }
    expect(find({ indexes: [index], batched: fewer })?.alternatives?.batched).toBe(41)
  })

  test('is never more than the loop takes', () => {
    const dear = { plan: costing(scan, 1e9), parameters: 4 }
    expect(find({ batched: dear })?.alternatives).toMatchObject({ batched: 44, both: 44 })
  })

  test('is one sentence of the finding, which keeps its proof', () => {
    expect(find({ indexes: [index], batched })?.explanation).toBe(
      'All 4 values of orders.customer_id came from customers.id in the 4 rows read at a.ts:10. It reads orders whole each time: the loop took 44 ms here; by the costs of the plans, one statement for all about 21 ms, an index on orders (customer_id) alone about 4.4 ms and both about 1.4 ms would do.',
    )
  })

  test('is measured where it can be: a cost says nothing of the loop', () => {
    const ten = { ...index, costBefore: 50_000, costAfter: 500 }
    expect(find({ indexes: [ten], batched })?.alternatives).toEqual(find({ indexes: [index], batched })?.alternatives)
  })
})

describe('nothing is said', () => {
  test('without an index that was tried, and without a plan of one statement', () => {
    expect(find({})).not.toHaveProperty('alternatives')
    expect(find({ verifiedBy: 'none' })?.explanation).not.toContain('costs of the plans')
  })

  test('of a statement that looks its rows up', () => {
    expect(find({ plans: [{ plan: lookup, executions: 4 }], indexes: [index], batched })).not.toHaveProperty(
      'alternatives',
    )
  })

  test('of an index on another table, or of one for an order', () => {
    expect(find({ indexes: [{ ...index, table: 'customers' }] })).not.toHaveProperty('alternatives')
    expect(find({ indexes: [{ ...index, purpose: 'order' }] })).not.toHaveProperty('alternatives')
  })

  test('of a small table', () => {
    const tables = [catalogTable('orders', 999, 'id customer_id')]
    const small = { ...scan, root: { ...scan.root, planRows: 20 } }
    expect(find({ plans: [{ plan: small, executions: 4 }], tables, indexes: [index] })).not.toHaveProperty(
      'alternatives',
    )
  })
})
