import { describe, expect, test } from 'vitest'
import { nPlusOne } from '../../src/detectors/n-plus-one.ts'
import type { NPlusOneFinding } from '../../src/model/finding.ts'
import type { ExplainedStatement, VerifiedIndex } from '../../src/model/plan.ts'
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

/** With 20 rows each, one look-up is 30 + 20 × 5 + 20 × 15 scans of a row, of the 200,300 that a turn takes. */
const batched = { plan: scan, parameters: 4 }
const tried = { indexes: [index], indexed: lookup, batched: { ...batched, withIndex: lookup } }

describe('what it would take', () => {
  test('by the rows that each plan reads and gives', () => {
    // 10 ms of work in each of four turns, 1 ms of which is the way
    const { now, batched, indexed, both, atMost } = find(tried)?.alternatives ?? {}
    expect({ now, batched, atMost }).toEqual({ now: 44, batched: 11.04, atMost: undefined })
    expect(indexed).toBeCloseTo(4 * (1 + (10 * 430) / 200_300), 1)
    expect(both).toBeCloseTo(1 + (10 * 4 * 430) / 200_300, 1)
  })

  test('with the index alone: one scan finds the rows of all, and both is a bound', () => {
    expect(find({ indexes: [index] })?.alternatives).toEqual({
      now: 44,
      batched: 11.04,
      indexed: 4.4,
      both: 1.4,
      atMost: true,
    })
  })

  test('with one statement alone, no index is spoken of', () => {
    const finding = find({ batched })
    expect(finding?.alternatives).toEqual({ now: 44, batched: 11.04, indexed: 44, both: 11.04 })
    expect(finding?.explanation).not.toContain('index')
  })

  test('of a statement planned for fewer keys: look-ups grow with them, a scan does not', () => {
    const fewer = { ...batched, parameters: 2 }
    expect(find({ indexes: [index], batched: fewer })?.alternatives?.batched).toBe(11.04)
    const sought = { plan: lookup, parameters: 2 }
    const all = find({ batched: { ...sought, parameters: 4 } })?.alternatives?.batched ?? 0
    expect(find({ batched: sought })?.alternatives?.batched).toBeGreaterThan(all)
  })

  test('is never more than the loop takes', () => {
    const children = lookup.root.children.map((child) => ({ ...child, planRows: 1e9 }))
    const dear = { plan: { ...lookup, root: { ...lookup.root, planRows: 1e9, children } }, parameters: 4 }
    expect(find({ batched: dear })?.alternatives).toMatchObject({ batched: 44, both: 44 })
  })

  test('by the way as it was measured, where every statement of the scope is a scan', () => {
    const scans = loopWith(tried)
    const executions = scans.executions.map((each) => ({ ...each, durationMs: 11 }))
    const plans = scans.plans?.map((each) => ({ ...each, roundTripMs: 0.5 })) ?? []
    const of = (trace: Trace) => nPlusOne.detect(trace, nPlusOne.defaults)[0]?.alternatives
    expect(of({ ...scans, executions })).toMatchObject({ indexed: 44, both: 11 })
    expect(of({ ...scans, executions, plans })).toMatchObject({ indexed: 2.09, both: 0.57 })
  })

  test('by the turn that was not held up: the median, without the wait for a connection', () => {
    const held = loopWith({ ...tried, roundTripMs: 1 })
    const executions = held.executions.map((each) =>
      each.id === 4 ? { ...each, durationMs: 500 } : each.id === 0 ? each : { ...each, durationMs: 31, waitMs: 20 },
    )
    const [finding] = nPlusOne.detect({ ...held, executions }, nPlusOne.defaults)
    expect(finding?.alternatives).toMatchObject({ now: 593, batched: 11.04 })
  })

  test('is a sentence of the finding, which keeps its proof', () => {
    expect(find(tried)?.explanation).toBe(
      'All 4 values of orders.customer_id came from customers.id in the 4 rows read at a.ts:10. It reads orders whole each time: the loop took 44 ms here. By their plans, one statement for all would take about 11 ms, an index on orders (customer_id) alone about 4.1 ms and both about 1.1 ms.',
    )
    expect(find({ indexes: [index], batched })?.explanation).toContain(' and both at most 1.4 ms.')
  })

  test('is measured where it can be: a cost says nothing of the loop', () => {
    const ten = { ...index, costBefore: 50_000, costAfter: 500 }
    expect(find({ indexes: [ten], batched })?.alternatives).toEqual(find({ indexes: [index], batched })?.alternatives)
  })
})

describe('nothing is said', () => {
  test('without an index that was tried, and without a plan of one statement', () => {
    expect(find({})).not.toHaveProperty('alternatives')
    expect(find({ verifiedBy: 'none' })?.explanation).not.toContain('plan')
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
