import { describe, expect, test } from 'vitest'
import { fingerprintOf } from '../../src/sql/fingerprint.ts'
import { casesOf } from './cases.ts'

const cases = casesOf('fingerprint.cases.txt')

describe('fingerprint', () => {
  test('the table has cases of every dialect', () => {
    expect(new Set(cases.map((each) => each.dialect)).size).toBe(5)
    expect(cases.length).toBeGreaterThan(150)
  })

  for (const { line, dialect, cells } of cases) {
    const [sql = '', expected] = cells
    test(`line ${line}, ${dialect}: ${sql}`, () => {
      expect(fingerprintOf(sql, dialect)).toBe(expected)
    })
  }

  for (const { line, dialect, cells } of cases) {
    const fingerprint = cells[1] ?? ''
    // An operator ? and a placeholder ? look the same in a shape, and a type before a ? is a name.
    if (/[?@] \?|\b(date|timestamp) \?|_binary|"(unterminated|名前)/.test(fingerprint)) continue
    test(`line ${line}: the fingerprint is its own fingerprint`, () => {
      expect(fingerprintOf(fingerprint, dialect)).toBe(fingerprint)
    })
  }

  test('a large statement does not spoil the next one', () => {
    const large = `select ${'a, '.repeat(300_000)}1`
    expect(fingerprintOf(large, 'postgresql')).toHaveLength(large.length)
    expect(fingerprintOf('select a from t where b = 1', 'postgresql')).toBe('select a from t where b = ?')
    expect(fingerprintOf('select 名 from t', 'postgresql')).toBe('select 名 from t')
    expect(fingerprintOf('select é from t', 'postgresql')).toBe('select é from t')
  })

  test('a backslash at the very end of an unterminated string ends the text', () => {
    for (const length of [0, 1, 2, 1000, 1022, 1023, 1024, 5000]) {
      expect(fingerprintOf(`select E'${'x'.repeat(length)}\\\\`, 'postgresql')).toBe('select ?')
      expect(fingerprintOf(`select '${'x'.repeat(length)}\\`, 'mysql')).toBe('select ?')
    }
  })

  test('lists of any length have one shape', () => {
    const list = (length: number): string => Array.from({ length }, (_, index) => index).join(', ')
    expect(fingerprintOf(`select * from t where id in (${list(5000)})`, 'mysql')).toBe(
      'select * from t where id in (?)',
    )
  })

  test('a text cut off inside a list has the shape of the whole list', () => {
    expect(fingerprintOf("select * from t where id in ('a', 'b', 'c", 'postgresql')).toBe(
      'select * from t where id in (?',
    )
  })
})
