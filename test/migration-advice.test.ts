import { expect, test } from 'vitest'
import { withMigration } from '../src/migration-advice.ts'
import type { Trace } from '../src/model/trace.ts'
import { sequential } from './reporters/fixtures.ts'
import { missingIndex } from './reporters/plan-fixtures.ts'
import { traceOf } from './trace-of.ts'

const { migration: _, ...advice } = missingIndex.advice
const finding = { ...missingIndex, advice, executions: [0] }
const sentBy = (orm?: string): Trace =>
  traceOf('feed.ts:3 | select * from comments where post_id = $1 | [7] | 20 rows', orm === undefined ? {} : { orm })

test('an index that was tried comes with the migration of the ORM that sent the statement', () => {
  expect(withMigration(finding, sentBy('knex')).advice.migration).toEqual({
    name: 'knex migration',
    code: expect.stringContaining("alterTable('comments', (table) => table.index(['post_id', 'created_at']"),
  })
})

test('there is none without an ORM, of one that has none, and for an index that was not tried', () => {
  expect(withMigration(finding, sentBy())).toBe(finding)
  expect(withMigration(finding, sentBy('slonik'))).toBe(finding)
  const { verified: __, ...plan } = finding.plan
  const untried = { ...finding, plan }
  expect(withMigration(untried, sentBy('knex'))).toBe(untried)
  expect(withMigration(sequential, sentBy('knex'))).toBe(sequential)
})
