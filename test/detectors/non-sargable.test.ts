import { expect, test } from 'vitest'
import { nonSargable } from '../../src/detectors/non-sargable.ts'
import type { Trace } from '../../src/model/trace.ts'
import { customersTable, index } from '../explain/fixture-catalog.ts'
import { fixturePlan, traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'pg-18/pg11 before analyze.json'

function adviceOf(name: string): { summary: string | undefined; ddl: readonly string[] | undefined } {
  const [finding] = findWith(nonSargable, traceOfFixture(name))
  return { summary: finding?.advice.summary, ddl: finding?.advice.ddl }
}

test('a call', () => {
  expect(findWith(nonSargable, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: 'lower(email) hides email of customers from every index: 150,000 rows read for 1',
      plan: { evidence: 'actual', columns: ['email'], index: 'customers_email_idx', expression: 'lower(email)' },
      advice: { ddl: [expect.stringMatching(/^CREATE INDEX ON \S+customers \(lower\(email\)\)$/)] },
    },
  ])
  expect(adviceOf('access/lower.plan.sqlite-3.53.json').ddl).toEqual([
    'CREATE INDEX orders_lower_note_idx ON orders (lower(note))',
  ])
  expect(adviceOf('access/lower.plan.mysql-9.7.json').ddl).toEqual([
    'CREATE INDEX orders_lower_note_idx ON orders ((lower(note)))',
  ])
  expect(adviceOf('access/lower.plan.mariadb-10.11.json').ddl?.[0]).toMatch(
    /^ALTER TABLE orders ADD COLUMN note_key VARCHAR\(80\) AS \(lcase\(note\)\) VIRTUAL$/,
  )
})

test.each([
  ['access/cast.plan.pg-18.json', /cast the parameter to integer/],
  ['access/date.plan.pg-18.json', /with a range: created_at >= /],
  ['access/date.plan.mysql-9.7.json', /with a range: created_at >= /],
  ['access/arithmetic.analyze.mariadb-10.11.json', /arithmetic on the other side/],
  ['access/conversion.plan.mysql-9.7.json', /as a string/],
  ['access/conversion.plan.mariadb-10.11.json', /as a string/],
])('%s: what to do', (name, summary) => {
  expect(adviceOf(name).summary).toMatch(summary)
})

test('a conversion that the server warns of, or that the types tell', () => {
  const name = 'mysql-9.7/my04 before analyze-tree.txt'
  const found = (sql: string, isWarned: boolean): unknown[] => {
    const plan = fixturePlan('mysql-9.7/my04-type-conversion.before.analyze-tree.txt')
    return findWith(nonSargable, traceOfFixture(name, { sql, plan: isWarned ? plan : { ...plan, warnings: [] } }))
  }
  expect(found('select * from customers where email = 5', true)).toMatchObject([{ confidence: 'proven' }])
  expect(found('select * from customers where email = 5', false)).toMatchObject([{ confidence: 'likely' }])
  expect(found("select * from customers where email = 'x'", false)).toEqual([])
  expect(findWith(nonSargable, traceOfFixture('mysql-9.7/my04 before json-default.json'))).toMatchObject([
    { confidence: 'proven', plan: { evidence: 'catalog', index: 'ix_email' } },
  ])
})

test('a varchar that is read as a text is no cast', () => {
  expect(findWith(nonSargable, traceOfFixture('access/varchar.plan.pg-18.json'))).toEqual([])
})

test('an index on the expression is there', () => {
  const tables = [customersTable('postgres', 150_000, index('x', 'lower(email)'))]
  expect(findWith(nonSargable, traceOfFixture(EXECUTED, { tables }))).toEqual([])
})

test.each([
  [1_000, 10_000, 1],
  [1_000, 9_999, 0],
  [0, 1_000, 1],
  [0, 999, 0],
])('%d kept, %d thrown away', (actualRows, rowsRemovedByFilter, found) => {
  const trace: Trace = withNodes(traceOfFixture(EXECUTED), () => ({ actualRows, rowsRemovedByFilter }))
  expect(findWith(nonSargable, trace)).toHaveLength(found)
})
