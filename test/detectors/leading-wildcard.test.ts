import { expect, test } from 'vitest'
import { leadingWildcard } from '../../src/detectors/leading-wildcard.ts'
import type { Trace } from '../../src/model/trace.ts'
import { openPatternsOf } from '../../src/sql/open-patterns.ts'
import { fixturePlan, traceOfFixture } from '../explain/fixture-plans.ts'
import { findWith, withNodes } from './plan-thresholds.ts'

const EXECUTED = 'pg-18/pg13 before analyze.json'

test('a trigram index for PostgreSQL, with its extension', () => {
  expect(findWith(leadingWildcard, traceOfFixture(EXECUTED))).toMatchObject([
    {
      confidence: 'proven',
      title: 'A pattern on email of customers begins with a wildcard: 150,000 rows read for 0',
      plan: { columns: ['email'], evidence: 'actual' },
      advice: {
        ddl: [
          'CREATE EXTENSION IF NOT EXISTS pg_trgm',
          expect.stringMatching(/^CREATE INDEX ON \S+customers USING gin \(email gin_trgm_ops\)$/),
        ],
      },
    },
  ])
})

test('FULLTEXT for MySQL and MariaDB, FTS5 for SQLite', () => {
  const advice = (name: string) => findWith(leadingWildcard, traceOfFixture(name))[0]?.advice
  for (const name of ['access/wildcard.plan.mysql-9.7.json', 'access/wildcard.analyze.mariadb-10.11.json']) {
    expect(advice(name)?.ddl).toEqual(['CREATE FULLTEXT INDEX orders_note_idx ON orders (note)'])
  }
  expect(advice('access/wildcard.plan.sqlite-3.53.json')).toEqual({ summary: expect.stringContaining('FTS5') })
})

test('a pattern that begins with what is known', () => {
  const open = fixturePlan('pg-18/pg13-leading-wildcard.before.analyze.json')
  const plan = JSON.parse(JSON.stringify(open).replaceAll("'%?'", '?'))
  expect(plan).not.toEqual(open)
  expect(findWith(leadingWildcard, traceOfFixture(EXECUTED, { plan, values: ['c4ca4238%'] }))).toEqual([])
})

test('the literal of a plan that was not redacted tells as well', () => {
  const plan = fixturePlan('pg-18/pg13-leading-wildcard.before.plan.json', true)
  expect(
    findWith(leadingWildcard, traceOfFixture('pg-18/pg13 before plan.json', { plan, values: ['x'] })),
  ).toHaveLength(1)
})

test.each([
  [15_000, 135_000, 1],
  [15_001, 134_999, 0],
  [0, 1_000, 1],
])('%d kept, %d thrown away', (actualRows, rowsRemovedByFilter, found) => {
  const trace: Trace = withNodes(traceOfFixture(EXECUTED), () => ({ actualRows, rowsRemovedByFilter }))
  expect(findWith(leadingWildcard, trace)).toHaveLength(found)
})

test.each([
  ['select * from t where a like $1', ['%x'], ['a']],
  ['select * from t where a ilike $1 and b like $2', ['_x', 'x%'], ['a']],
  ["select * from t where a like '%x' or b like 'x'", [], ['a']],
  ['select * from t where a = $1', ['%x'], []],
  ['select * from t where a like $1', [null], []],
  ['select * from t where a like $1', [], []],
])('%s with %j', (sql, values, columns) => {
  expect(openPatternsOf(sql, 'postgresql', values)).toEqual(columns)
})
