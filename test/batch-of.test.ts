import { describe, expect, test } from 'vitest'
import { batchOf } from '../src/batch-of.ts'
import type { StatementMessage } from '../src/instrument/message.ts'
import type { Dialect } from '../src/model/statement.ts'
import { statementOf } from '../src/sql/statement.ts'

/** Executions as a driver tells them, as far as they count here. */
function executionsOf(
  dialect: Dialect,
  sent: readonly (readonly [text: string, parameters?: readonly unknown[]])[],
): StatementMessage[] {
  return sent.map(([text, parameters]) => {
    const message = { text, parameters, batchSize: 0, driver: { dialect }, statement: statementOf(text, dialect) }
    return message as unknown as StatementMessage
  })
}

function keyed(text: string, keys: readonly unknown[], more: readonly unknown[] = []) {
  return keys.map((key) => [text, [key, ...more]] as const)
}

const FIVE = [3, 1, 4, 5, 9]

describe('one statement in place of many', () => {
  test('has the keys as one array on PostgreSQL, each once and without NULL', () => {
    const text = 'select * from t where a = $1 and b = $2'
    expect(batchOf(executionsOf('postgresql', keyed(text, [...FIVE, 3, null], ['x'])))).toEqual({
      text: 'select * from t where a = any($1) and b = $2',
      values: [[3, 1, 4, 5, 9], 'x'],
      keys: 5,
    })
  })

  test('has a value for each elsewhere, in the place of the key', () => {
    const text = 'select * from t where b = ? and a = ? and c = ?'
    const sent = FIVE.map((key) => [text, ['x', key, 'y']] as const)
    expect(batchOf(executionsOf('mysql', sent))).toEqual({
      text: 'select * from t where b = ? and a in (?, ?, ?, ?, ?) and c = ?',
      values: ['x', ...FIVE, 'y'],
      keys: 5,
    })
  })

  test('takes keys out of the texts', () => {
    const sent = FIVE.map((key) => [`select * from t where a = ${key} and b = 'x'`] as const)
    expect(batchOf(executionsOf('sqlite', sent))).toEqual({
      text: "select * from t where a in (?, ?, ?, ?, ?) and b = 'x'",
      values: FIVE,
      keys: 5,
    })
  })

  test('holds a hundred keys at the most', () => {
    const keys = Array.from({ length: 150 }, (_, at) => at)
    const batch = batchOf(executionsOf('postgresql', keyed('select * from t where a = $1', keys)))
    expect(batch?.keys).toBe(100)
    expect(batch?.values).toEqual([keys.slice(0, 100)])
  })

  test('keeps what an application changes later as it was', () => {
    const keys = FIVE.map((day) => new Date(2026, 0, day))
    const batch = batchOf(executionsOf('postgresql', keyed('select * from t where a = $1', keys)))
    for (const key of keys) key.setTime(0)
    expect(batch?.values).toEqual([FIVE.map((day) => new Date(2026, 0, day))])
  })
})

describe('none', () => {
  test.each([
    ['of fewer than five', keyed('select * from t where a = $1', FIVE.slice(1))],
    ['of one key', keyed('select * from t where a = $1', [1, 1, 1, 1, 1])],
    [
      'where something else varies, too',
      FIVE.map((key) => ['select * from t where a = $1 and b = $2', [key, -key]] as const),
    ],
    ['of pages', FIVE.map((page) => ['select * from t where a = $1 limit 10 offset $2', [7, page]] as const)],
    ['of a range', keyed('select * from t where a > $1', FIVE)],
    ['of lists', keyed('select * from t where a = any($1)', [[1], [2], [3], [4], [5]])],
    [
      'of documents',
      keyed(
        'select * from t where a = $1',
        FIVE.map((key) => ({ key })),
      ),
    ],
    ['of changes', keyed('update t set b = 1 where a = $1', FIVE)],
    ['of locks', keyed('select * from t where a = $1 for update', FIVE)],
  ])('%s', (_, sent) => {
    expect(batchOf(executionsOf('postgresql', sent))).toBeUndefined()
  })

  test('where mysql2 makes a list of an array', () => {
    const sent = FIVE.map((key) => ['select * from t where b in (?) and a = ?', [[1, 2], key]] as const)
    expect(batchOf(executionsOf('mysql', sent))).toBeUndefined()
  })

  test('where parameters have names', () => {
    const sent = FIVE.map((a) => ['select * from t where a = :a', [{ a }]] as const)
    expect(batchOf(executionsOf('sqlite', sent))).toBeUndefined()
  })
})
