import { describe, expect, test } from 'vitest'
import { redactLiterals } from '../../src/sql/redact.ts'

describe('redact', () => {
  test('literals go, spacing, case and placeholders stay', () => {
    expect(
      redactLiterals(
        "SELECT  *\n\tFROM T\nWHERE a='x'  AND b = -5.0e3 AND c=$1 AND D in (1, :n, E'\\'');",
        'postgresql',
      ),
    ).toBe('SELECT  *\n\tFROM T\nWHERE a=?  AND b = -? AND c=$1 AND D in (?, :n, ?);')
  })

  test('comments are dropped', () => {
    expect(redactLiterals("-- secret 'a'\nselect a/* b */from t -- c\n where d = 1 /*route='/x'*/", 'postgresql')).toBe(
      'select a from t where d = ?',
    )
    expect(redactLiterals('select 1 # secret\n, 2', 'mysql')).toBe('select ? , ?')
  })

  test('every kind of string is a literal', () => {
    expect(redactLiterals("do $body$ select 'secret' $body$", 'postgresql')).toBe('do ?')
    expect(redactLiterals(`select "secret", _utf8'secret', x'5EC'`, 'mysql')).toBe('select ?, ?, ?')
    expect(redactLiterals("select q'[secret]', N'secret' from dual", 'oracle')).toBe('select ?, ? from dual')
    expect(redactLiterals("select U&'secret', $$secret", 'postgresql')).toBe('select ?, ?')
  })

  test('names stay as written', () => {
    expect(redactLiterals('select [Id], "b" from [T1]', 'mssql')).toBe('select [Id], "b" from [T1]')
    expect(redactLiterals('select `a1`, b2 from t3 where x is NULL', 'mysql')).toBe(
      'select `a1`, b2 from t3 where x is NULL',
    )
  })

  test('blank text stays', () => {
    expect(redactLiterals('', 'postgresql')).toBe('')
    expect(redactLiterals(' \n', 'postgresql')).toBe(' \n')
  })
})
