import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindingsOf, valuesOf } from '../../src/sql/values.ts'
import { casesOf } from './cases.ts'

fc.configureGlobal({ seed: Number(process.env.NONPLUS_TEST_SEED ?? 20) })

describe('values', () => {
  test('PostgreSQL placeholders take values by number, in any order and repeatedly', () => {
    const sql = "select * from t where a = $2 and b in ($1, 5, 'x') and c = $2 limit $3"
    expect(valuesOf(sql, 'postgresql', [10, 20, 30])).toEqual([20, [10, 5, 'x'], 20, 30])
  })

  test('question marks and %s take values in order', () => {
    expect(valuesOf('select * from t where a = ? and b in (?, ?) and c = ?', 'mysql', [1, 2, 3, 4])).toEqual([
      1,
      [2, 3],
      4,
    ])
    expect(valuesOf('select * from t where a = %s and b = %s::int', 'postgresql', [1, 2])).toEqual([1, 2])
  })

  test('SQLite counts a bare question mark on from the largest number', () => {
    expect(valuesOf('select ?2, ?, ?1', 'sqlite', ['a', 'b', 'c'])).toEqual(['b', 'c', 'a'])
  })

  test('SQLite numbers its placeholders as it meets them', () => {
    expect(valuesOf('select ?1, ?1, ?', 'sqlite', ['a', 'b'])).toEqual(['a', 'a', 'b'])
    expect(valuesOf('select :a, ?, @b, :a, ?', 'sqlite', [1, 2, 3, 4])).toEqual([1, 2, 3, 1, 4])
    // a name, whatever it looks like
    expect(valuesOf('select $2, $1, $2', 'sqlite', ['a', 'b'])).toEqual(['a', 'b', 'a'])
    expect(valuesOf('select ?5, :a, ?', 'sqlite', [1, 2, 3, 4, 5, 6, 7])).toEqual([5, 6, 7])
  })

  test('SQLite takes values by name from an object, with and without their mark, and by position beside it', () => {
    expect(valuesOf('select $a, @b, :c', 'sqlite', [{ a: 1, '@b': 2, ':c': 3 }])).toEqual([1, 2, 3])
    expect(valuesOf('select @n, ?, ?', 'sqlite', [{ n: 'x' }, 5, 6])).toEqual(['x', 5, 6])
    expect(valuesOf('select ?, @n, ?', 'sqlite', [5, 6, { n: 'x' }])).toEqual([5, 'x', 6])
    expect(valuesOf('select ?1, ?2, ?', 'sqlite', [{ 1: 'a', '?2': 'b', 3: 'c' }])).toEqual(['a', 'b', 'c'])
    expect(valuesOf('select ?, ?', 'sqlite', { 1: 'a', 2: 'b' })).toEqual(['a', 'b'])
    expect(valuesOf('select * from t where a = %s and b = %s', 'sqlite', [1, 2])).toEqual([1, 2])
    expect(valuesOf('select * from t where a = %(x)s', 'sqlite', { x: 1 })).toEqual([1])
    expect(
      valuesOf('select :a, :b', 'sqlite', [
        new (class Named {
          a = 1
        })(),
      ]),
    ).toEqual([1, undefined])
    const date = new Date()
    const bytes = Uint8Array.of(1)
    expect(valuesOf('select ?, ?', 'sqlite', [date, bytes])).toEqual([date, bytes])
    expect(valuesOf('select * from t where a in (?, :x, ?)', 'sqlite', [1, 2, { x: 9 }])).toEqual([[1, 9, 2]])
  })

  test('bare placeholders of SQLite need not be read again, and others are', () => {
    expect(bindingsOf("select * from t where a = ? and b = 'x' limit ?", 'sqlite')).toEqual([0, { literal: 'x' }, 1])
    for (const text of ['select ?1', 'select $1', 'select :a', 'select ?, @a', 'select 1 where a in (?, ?)']) {
      expect(bindingsOf(text, 'sqlite')).toBeUndefined()
    }
  })

  test('names are found with and without their mark', () => {
    expect(valuesOf('select :a, @b, $c, :d', 'sqlite', { a: 1, '@b': 2, c: 3 })).toEqual([1, 2, 3, undefined])
    expect(valuesOf('select %(a)s, %(b)s::int', 'postgresql', { a: 1, b: 2 })).toEqual([1, 2])
    expect(valuesOf('select :a, @b', 'sqlite', [{ a: 1, b: 2 }])).toEqual([1, 2])
    expect(valuesOf('select :constructor', 'sqlite', {})).toEqual([undefined])
  })

  test('an array bound to names goes by first mention', () => {
    expect(valuesOf('select :a, :b, :a from dual', 'oracle', [7, 8])).toEqual([7, 8, 7])
    expect(valuesOf('select :2, :1 from dual', 'oracle', [7, 8])).toEqual([8, 7])
  })

  test('missing values are undefined', () => {
    expect(valuesOf('select * from t where a = $1 and b = ? and c in ($5)', 'postgresql', undefined)).toEqual([
      undefined,
      undefined,
      [undefined],
    ])
  })

  test('rows of VALUES become one list per column', () => {
    expect(valuesOf('insert into t (a, b) values ($1, $2)', 'postgresql', [1, 2])).toEqual([1, 2])
    expect(valuesOf('insert into t (a, b) values ($1, $2), ($3, 5), (6, $4)', 'postgresql', [1, 2, 3, 4])).toEqual([
      [1, 3, 6],
      [2, 5, 4],
    ])
    expect(valuesOf('insert into t values (1, now()), (2, default), (3, default)', 'postgresql', [])).toEqual([
      1,
      [2, 3],
    ])
  })

  test('lists of rows become one list per column, nested lists one list', () => {
    expect(valuesOf('select 1 where (a, b) in ((1, 2), (3, 4)) and c in ((5), (6))', 'postgresql', [])).toEqual([
      1,
      [1, 3],
      [2, 4],
      [5, 6],
    ])
    expect(
      valuesOf("select array[array[1, 2], array[3]], array[], any('{1,2}'), any(array[$1, 9])", 'postgresql', [8]),
    ).toEqual([[1, 2, 3], [], '{1,2}', [8, 9]])
    expect(valuesOf("select 1 where a in (lower('A'), lower('B'))", 'postgresql', [])).toEqual([1, ['A', 'B']])
  })

  test('mysql2 expands an array bound to the one placeholder of a list', () => {
    expect(valuesOf('select 1 where id in (?) and a = ?', 'mysql', [[1, 2, 3], 4])).toEqual([1, [1, 2, 3], 4])
    expect(valuesOf('select 1 where id = any($1)', 'postgresql', [[1, 2, 3]])).toEqual([1, [1, 2, 3]])
  })

  test('numbers are numbers, or bigints where a number cannot hold them', () => {
    const sql =
      'select 5, -5, - 7, 1.5, .5, 1e3, 1.5e-3, 0x1F, 0b101, 1_000, 9007199254740991, 9007199254740993, -9007199254740993'
    expect(valuesOf(sql, 'postgresql', [])).toEqual([
      5,
      -5,
      -7,
      1.5,
      0.5,
      1000,
      0.0015,
      31,
      5,
      1000,
      9007199254740991,
      9007199254740993n,
      -9007199254740993n,
    ])
    expect(valuesOf('select 0x4D, $5.25, -$5', 'mssql', [])).toEqual([Uint8Array.of(0x4d), 5.25, -5])
  })

  test('constants are values', () => {
    expect(valuesOf('select null, TRUE, false, a is null', 'postgresql', [])).toEqual([null, true, false])
  })

  test('strings lose their quotes and escapes', () => {
    const sql =
      "select 'it''s', 'a\\b', E'a\\n\\x41\\u00e9\\'\\101', U&'d\\0061t\\\\', $$x'y$$, $a$ $b$ $a$, N'n', B'101', X'1F', ''"
    expect(valuesOf(sql, 'postgresql', [])).toEqual([
      "it's",
      'a\\b',
      "a\n\u0041\u00e9'A",
      'dat\\',
      "x'y",
      ' $b$ ',
      'n',
      '101',
      '1F',
      '',
    ])
  })

  test('strings of MySQL', () => {
    const sql = `select 'a\\'b', "x""y", 'a''b', 'a\\0\\Z\\%\\q', x'4d', 0x4d, _utf8mb4'z', n'y'`
    expect(valuesOf(sql, 'mysql', [])).toEqual([
      "a'b",
      'x"y',
      "a'b",
      'a\0\u001a\\%q',
      Uint8Array.of(0x4d),
      Uint8Array.of(0x4d),
      'z',
      'y',
    ])
  })

  test('strings of Oracle and SQLite', () => {
    expect(valuesOf("select q'[it's]', nq'!x!', N'y' from dual", 'oracle', [])).toEqual(["it's", 'x', 'y'])
    expect(valuesOf("select x'00ff', 'a\\'", 'sqlite', [])).toEqual([Uint8Array.of(0, 255), 'a\\'])
  })

  test('unterminated strings end with the text', () => {
    expect(valuesOf("select 'abc", 'postgresql', [])).toEqual(['abc'])
    expect(valuesOf('select $a$abc', 'postgresql', [])).toEqual(['abc'])
    expect(valuesOf("select q'[abc", 'oracle', [])).toEqual(['abc'])
    expect(valuesOf("select '", 'postgresql', [])).toEqual([''])
  })

  test('folded names are values', () => {
    expect(valuesOf('rollback to savepoint sp_1', 'postgresql', [])).toEqual(['sp_1'])
  })
})

describe('bindings', () => {
  test('say where the value of each slot comes from', () => {
    expect(bindingsOf("select * from t where a = $2 and b = 'x' and c = -5 and d = $2", 'postgresql')).toEqual([
      1,
      { literal: 'x' },
      { literal: -5 },
      1,
    ])
    expect(bindingsOf('select a from t', 'postgresql')).toEqual([])
  })

  test.each([
    ['a list', 'select * from t where a in ($1)'],
    ['folded rows', 'insert into t values ($1), ($2)'],
    ['an array', 'select array[]'],
    ['a placeholder without a number', 'select * from t where a = ?'],
    ['a named placeholder', 'select * from t where a = :a'],
  ])('there are none for a text with %s', (_, sql) => {
    expect(bindingsOf(sql, 'postgresql')).toBeUndefined()
  })

  test('give the values of the statement for any parameters', () => {
    const statements = ['fingerprint.cases.txt', 'statement.cases.txt']
      .flatMap(casesOf)
      .map(({ dialect, cells }) => ({ sql: cells[0] ?? '', dialect, bindings: bindingsOf(cells[0] ?? '', dialect) }))
      .filter(({ bindings }) => bindings !== undefined)
    expect(statements.filter(({ bindings }) => bindings?.some(Number.isInteger)).length).toBeGreaterThan(20)
    fc.assert(
      fc.property(
        fc.constantFrom(...statements),
        fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer())), { maxLength: 6 }),
        ({ sql, dialect, bindings }, parameters) => {
          const bound = bindings?.map((binding) =>
            typeof binding === 'number' ? parameters[binding] : binding.literal,
          )
          expect(bound).toEqual(valuesOf(sql, dialect, parameters))
        },
      ),
      { numRuns: 1000 },
    )
  })
})

test.each(['0b2', '0B2', '0o9', '0xzz', '0b', '0x'])(
  'what begins like a number and is none does not throw: %s',
  (text) => {
    for (const dialect of ['postgresql', 'mysql', 'sqlite', 'mssql', 'oracle'] as const) {
      expect(() => valuesOf(`select ${text}`, dialect, [])).not.toThrow()
    }
  },
)
