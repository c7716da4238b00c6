import { describe, expect, test } from 'vitest'
import { missingIndex } from '../../src/detectors/missing-index.ts'
import type { CatalogTable, VerifiedIndex } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { index, ordersTable } from '../explain/fixture-catalog.ts'
import { traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'pg-18/pg01 before analyze.json'
const PLANNED = 'pg-18/pg01 before plan.json'

const verified: VerifiedIndex = {
  ddl: 'CREATE INDEX ON orders (customer_id)',
  table: 'orders',
  columns: ['customer_id'],
  method: 'btree',
  costBefore: 12_154,
  costAfter: 61,
  verifiedBy: 'hypopg',
  purpose: 'filter',
}

function tried(change: Partial<VerifiedIndex> = {}): Trace {
  return traceOfFixture(PLANNED, { indexes: [{ ...verified, ...change }], verifiedBy: 'hypopg' })
}

/** Rows kept and thrown away by each scan, by one process. */
function counted(kept: number, removed: number, timeMs = 20): Trace {
  return withNodes(traceOfFixture(EXECUTED), ({ op }) =>
    op === 'seq-scan'
      ? { loops: 1, actualRows: kept, rowsRemovedByFilter: removed, actualTotalTime: timeMs, planRows: kept }
      : undefined,
  )
}

function statistics(change: Partial<CatalogTable['statistics']>): CatalogTable[] {
  const orders = ordersTable('postgres', 200_000)
  return [{ ...orders, statistics: { ...orders.statistics, ...change } }]
}

describe('an index that was tried', () => {
  test('is advised as it was tried, with its costs', () => {
    expect(findWith(missingIndex, tried())).toMatchObject([
      {
        kind: 'missing-index',
        confidence: 'proven',
        title: 'orders is read whole for customer_id: 200,000 rows for 19',
        explanation: expect.stringContaining('Tried with HypoPG: cost 12,154 → 61, and the planner used it.'),
        advice: { ddl: ['CREATE INDEX ON orders (customer_id)'] },
        plan: { evidence: 'verified', table: 'orders', columns: ['customer_id'], verified },
      },
    ])
  })

  test.each([
    ['half the cost', { costBefore: 400, costAfter: 200 }, 1],
    ['not quite half', { costBefore: 400, costAfter: 201 }, 0],
    ['a hundred less', { costBefore: 110, costAfter: 10 }, 1],
    ['not quite a hundred less', { costBefore: 109, costAfter: 10 }, 0],
    ['an index for an expression is the business of another kind', { purpose: 'expression' as const }, 0],
    ['an index on another table', { table: 'customers' }, 0],
  ])('%s', (_, change, found) => {
    expect(findWith(missingIndex, tried(change))).toHaveLength(found)
  })

  test('of none that were tried any was of use: no finding, whatever the plan says', () => {
    expect(findWith(missingIndex, traceOfFixture(PLANNED, { verifiedBy: 'hypopg' }))).toEqual([])
    expect(findWith(missingIndex, traceOfFixture(PLANNED, { verifiedBy: 'none' }))).toHaveLength(1)
  })

  test('its costs rest on statistics that are not stale', () => {
    const stale = statistics({ modifiedRows: 40_000 })
    const sound = statistics({ modifiedRows: 39_999 })
    const given = { indexes: [verified], verifiedBy: 'hypopg' as const }
    expect(findWith(missingIndex, traceOfFixture(PLANNED, { ...given, tables: stale }))).toEqual([])
    expect(findWith(missingIndex, traceOfFixture(PLANNED, { ...given, tables: sound }))).toHaveLength(1)
    expect(findWith(missingIndex, traceOfFixture(EXECUTED, { ...given, tables: stale }))).toHaveLength(1)
  })
})

describe('rows of an execution', () => {
  test.each([
    ['ten thrown away for each that is kept', counted(1_000, 10_000), 1],
    ['not quite ten', counted(1_000, 9_999), 0],
    ['a thousand thrown away', counted(0, 1_000), 1],
    ['not quite a thousand', counted(0, 999), 0],
    ['a millisecond', counted(20, 199_980, 1), 1],
    ['less than a millisecond', counted(20, 199_980, 0.99), 0],
  ])('%s', (_, trace, found) => {
    expect(findWith(missingIndex, trace)).toHaveLength(found)
  })

  test('many executions of a short one are worth a word', () => {
    const short = counted(20, 199_980, 0.6)
    const [execution] = short.executions
    if (execution === undefined) throw new Error('No execution')
    expect(findWith(missingIndex, short)).toEqual([])
    const twice = { ...short, executions: [execution, { ...execution, id: 1, startMs: 60 }] }
    expect(findWith(missingIndex, twice)).toHaveLength(1)
  })

  test('ten times what was estimated: the estimate is the problem', () => {
    const kept = (planRows: number): Trace =>
      withNodes(counted(998, 199_002), ({ op }) => (op === 'seq-scan' ? { planRows } : undefined))
    expect(findWith(missingIndex, kept(99))).toEqual([])
    expect(findWith(missingIndex, kept(100))).toHaveLength(1)
  })

  test('workers share one scan', () => {
    const [finding] = findWith(missingIndex, traceOfFixture(EXECUTED))
    expect(finding).toMatchObject({
      confidence: 'proven',
      title: 'orders is read whole for customer_id: 200,000 rows for 20',
    })
    expect(finding?.explanation).not.toContain('runs of it')
  })
})

describe('estimates', () => {
  test('a table of 999 rows is small', () => {
    const sized = (rows: number): Trace =>
      traceOfFixture('access/delete.plan.mysql-9.7.v1.json', {
        sql: 'select * from orders where region = ?',
        tables: [ordersTable('mysql', rows)],
      })
    const small = withNodes(sized(999), ({ rowsExamined }) =>
      rowsExamined === undefined ? undefined : { rowsExamined: 999 },
    )
    const large = withNodes(sized(1_000), ({ rowsExamined }) =>
      rowsExamined === undefined ? undefined : { rowsExamined: 1_000 },
    )
    expect(findWith(missingIndex, small)).toEqual([])
    expect(findWith(missingIndex, large)).toHaveLength(1)
  })

  test('a plan of cost 99 is cheap', () => {
    const costing = (totalCost: number): Trace =>
      withNodes(traceOfFixture(PLANNED), () => ({ totalCost, self: { cost: 1 } }))
    expect(findWith(missingIndex, costing(99))).toEqual([])
    expect(findWith(missingIndex, costing(100))).toHaveLength(1)
  })

  test('nothing is known of a table that was never analysed', () => {
    expect(findWith(missingIndex, traceOfFixture(PLANNED, { tables: statistics({ isMissing: true }) }))).toEqual([])
  })

  test('three columns that must be equal are not multiplied', () => {
    expect(findWith(missingIndex, traceOfFixture('pg-18/pg07 before plan.json'))).toEqual([])
  })

  test('what the driver received is better than a guess', () => {
    const name = 'mysql-9.7/my01 before json-default.json'
    expect(findWith(missingIndex, traceOfFixture(name, { rows: 9 }))).toMatchObject([
      { confidence: 'likely', explanation: expect.stringContaining('the rows that the driver received') },
    ])
    expect(findWith(missingIndex, traceOfFixture(name, { rows: 50_000 }))).toEqual([])
  })

  test('a column with few distinct values is not selective', () => {
    const withDistinct = (distinct: number): CatalogTable[] => {
      const orders = ordersTable('mariadb', 60_000)
      return [{ ...orders, columns: orders.columns.map((column) => ({ ...column, distinct })) }]
    }
    const name = 'mysql-mariadb10.11/my01 before json-default.json'
    expect(findWith(missingIndex, traceOfFixture(name, { tables: withDistinct(9) }))).toEqual([])
    expect(findWith(missingIndex, traceOfFixture(name, { tables: withDistinct(10) }))).toHaveLength(1)
  })

  test('SQLite without statistics tells by its time alone', () => {
    const orders = ordersTable('sqlite', 100_000)
    const { rows, ...unknown } = orders
    const tables = [{ ...unknown, statistics: { isMissing: true } }]
    const after = (durationMs: number): Trace =>
      traceOfFixture('sqlite-sqlite3.53.2/sl01 before json', { tables, durationMs })
    expect(rows).toBe(100_000)
    expect(findWith(missingIndex, after(0.9))).toEqual([])
    expect(findWith(missingIndex, after(1))).toHaveLength(1)
  })
})

describe('a LIMIT', () => {
  const sql = 'select * from orders where customer_id = ? limit 1'

  test('that ends the scan early, or may', () => {
    expect(findWith(missingIndex, traceOfFixture('sqlite-sqlite3.53.2/sl01 before json', { sql }))).toMatchObject([
      { confidence: 'candidate' },
    ])
  })

  test('over a walk in order is no scan', () => {
    expect(findWith(missingIndex, traceOfFixture('access/walk-soon.plan.sqlite-3.53.json'))).toEqual([])
  })

  test('of mixed directions is in the index', () => {
    const [finding] = findWith(
      missingIndex,
      traceOfFixture('sqlite-sqlite3.53.2/sl02 before json', {
        sql: 'select * from orders where status = ? order by created_at desc, id limit 10',
      }),
    )
    expect(finding?.advice.ddl).toEqual([
      'CREATE INDEX orders_status_created_at_id_idx ON orders (status, created_at DESC, id)',
    ])
  })
})

describe('names', () => {
  test('are quoted where they must be', () => {
    const orders = ordersTable('sqlite', 100_000)
    const tables = [
      {
        ...orders,
        name: 'order',
        columns: orders.columns.map((column) => ({
          ...column,
          name: column.name === 'customer_id' ? 'customerId' : column.name === 'status' ? 'group' : column.name,
        })),
      },
    ]
    const trace = withNodes(
      traceOfFixture('sqlite-sqlite3.53.2/sl01 before json', {
        sql: 'select * from "order" where "group" = ? and "customerId" = ?',
        tables,
      }),
      ({ relation }) => (relation === undefined ? undefined : { relation: 'order' }),
    )
    expect(findWith(missingIndex, trace)[0]?.advice.ddl).toEqual([
      'CREATE INDEX order_group_customerId_idx ON "order" ("group", customerId)',
    ])
  })

  test('a schema is said where it is not the default', () => {
    const [finding] = findWith(missingIndex, traceOfFixture(PLANNED))
    expect(finding?.advice.ddl).toEqual(['CREATE INDEX ON c_pg01_missing_eq_index.orders (customer_id)'])
    const inPublic = withNodes(traceOfFixture(PLANNED), ({ schema }) =>
      schema === undefined ? undefined : { schema: 'public' },
    )
    expect(findWith(missingIndex, inPublic)[0]?.advice.ddl).toEqual(['CREATE INDEX ON orders (customer_id)'])
  })
})

test('an index that begins so is there: the planner knows why it does not use it', () => {
  const tables = [ordersTable('postgres', 200_000, index('orders_customer', 'customer_id', 'status'))]
  expect(findWith(missingIndex, traceOfFixture(EXECUTED, { tables }))).toEqual([])
})

test('options are thresholds', () => {
  expect(findWith(missingIndex, counted(1_000, 10_000), { discardRatio: 11 })).toEqual([])
  expect(findWith(missingIndex, counted(0, 1_000), { discardedRows: 1_001 })).toEqual([])
  expect(findWith(missingIndex, tried(), { costRatio: 200 })).toEqual([])
  expect(findWith(missingIndex, tried(), { costSaved: 20_000 })).toEqual([])
})
