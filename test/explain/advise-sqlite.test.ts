import { describe, expect, test } from 'vitest'
import { betterSqlite3Connection } from '../../src/explain/better-sqlite3-connection.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'
import { loadNativeSqlite } from '../instrument/native-sqlite.ts'
import { type ExplainCase, readCases } from './read-case.ts'

interface Database {
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
  exec(text: string): void
  close(): void
}

const Driver = loadNativeSqlite<new (path: string) => Database>('better-sqlite3')

describe.skipIf(Driver === undefined)('in a copy in memory', () => {
  test.each(readCases('sqlite').map((each) => [each.id, each] as const))('%s', async (_, each) => {
    await expectAdvice(each, true)
  })

  test.each(readCases('sqlite').map((each) => [each.id, each] as const))('%s, never analyzed', async (_, each) => {
    await expectAdvice(each, false)
  })

  test.each([
    ['a value that nearly all rows have', 'select * from orders where status = ?', ['done'], []],
    ['a value that few rows have', 'select * from orders where status = ?', ['refunded'], ['orders(status)']],
    ['an expression', 'select * from customers where lower(email) = ?', ['x'], ['customers(lower(email))']],
    [
      'both sides of a join',
      'select * from orders o join customers c on c.id = o.customer_id where c.email = ?',
      ['user5@ex.com'],
      ['customers(email)', 'orders(customer_id)'],
    ],
  ] as const)('%s', async (_, text, values, wanted) => {
    const database = open()
    for (const statement of readCases('sqlite')[0]?.setup ?? []) database.exec(statement)
    expect(namesOf(await advise(database, text, values))).toEqual(wanted)
    database.close()
  })
})

function open(): Database {
  if (Driver === undefined) throw new Error('better-sqlite3 is not there.')
  return new Driver(':memory:')
}

async function expectAdvice(each: ExplainCase, isAnalyzed: boolean): Promise<void> {
  const database = open()
  const run = (text: string): void => {
    if (isAnalyzed || !/^analyze/i.test(text)) database.exec(text)
  }
  for (const text of each.setup) run(text)
  const before = database.prepare('select name, sql from sqlite_master order by name').all()
  const wanted = each.fix.flatMap((text) => /on (\w+\([^)]*\))/i.exec(text)?.[1] ?? [])
  const advised = await advise(database, each.query, each.params)
  expect(namesOf(advised)).toEqual(wanted.map((name) => name.replaceAll(' ', '')))
  expect(advised.every(({ verifiedBy }) => verifiedBy === 'sqlite-clone')).toBe(true)
  expect(database.prepare('select name, sql from sqlite_master order by name').all()).toEqual(before)
  for (const text of each.fix) run(text)
  if (each.fix.length > 0) expect(namesOf(await advise(database, each.query, each.params))).toEqual([])
  database.close()
}

async function advise(database: Database, text: string, values: readonly unknown[]): Promise<readonly VerifiedIndex[]> {
  const connection = await betterSqlite3Connection(database)
  const outcome = await studyStatement(connection, {
    text,
    dialect: 'sqlite',
    mode: 'plan',
    vectors: [{ values, executions: 1 }],
  })
  if ('refusal' in outcome) throw new Error(outcome.refusal.message)
  return outcome.explained.indexes
}

function namesOf(indexes: readonly VerifiedIndex[]): string[] {
  return indexes.map(({ table, columns }) => `${table}(${columns.join(',')})`).sort()
}
