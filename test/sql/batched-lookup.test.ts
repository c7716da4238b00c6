import { describe, expect, test } from 'vitest'
import { batchedLookupOf } from '../../src/sql/batched-lookup.ts'

describe('batched look-up, to be run', () => {
  test.each([
    [
      'postgresql',
      'select * from t where b = $2 and a = $1',
      1,
      'select * from t where b = $2 and a = any($1)',
      0,
      true,
    ],
    [
      'postgresql',
      "select * from t where a = 7 and b = 'x' and c > $1",
      0,
      "select * from t where a = any($2) and b = 'x' and c > $1",
      1,
      false,
    ],
    ['postgresql', 'select * from t where a = $1::uuid', 0, 'select * from t where a = any($1::uuid[])', 0, true],
    [
      'mysql',
      'select * from `t` where b = ? and `a` = ?',
      1,
      'select * from `t` where b = ? and `a` in (?, ?, ?)',
      1,
      true,
    ],
    [
      'mysql',
      'select * from t where b = ? and a = 7 and c = ?',
      1,
      'select * from t where b = ? and a in (?, ?, ?) and c = ?',
      1,
      false,
    ],
    ['sqlite', 'select * from t where 5 = a', 0, 'select * from t where a in (?, ?, ?)', 0, false],
    ['postgresql', 'select id, b from t where a = $1', 0, 'select id, b, a from t where a = any($1)', 0, true],
    [
      'postgresql',
      'select count(*), max(b) as most from t x where x.a = $1 and b > 2',
      0,
      'select count(*), max(b) as most, x.a from t x where x.a = any($1) and b > 2 group by x.a',
      0,
      true,
    ],
    [
      'postgresql',
      'select * from t where a = $1 order by b desc, c limit $2',
      0,
      'select * from (select *, row_number() over (partition by a order by b desc, c) as nonplus_place from t where a = any($1)) as nonplus where nonplus_place <= $2',
      0,
      true,
    ],
    [
      'mysql',
      'select b from t where a = ? limit 1',
      0,
      'select * from (select b, a, row_number() over (partition by a) as nonplus_place from t where a in (?, ?, ?)) as nonplus where nonplus_place <= 1',
      0,
      true,
    ],
    ['sqlite', 'select * from t where a = ? order by b', 0, 'select * from t where a in (?, ?, ?) order by b', 0, true],
  ] as const)('%s: %s', (dialect, sql, slot, text, at, isBound) => {
    expect(batchedLookupOf(sql, dialect, slot, 3)).toEqual({ text, at, isBound })
  })

  test.each([
    ['sqlite', 'select * from t where a = :id'],
    ['sqlite', 'select * from t where b = $1 and a = ?'],
    ['mysql', 'select * from t where a = :id'],
    ['postgresql', 'select * from t where a = $1 limit 1 offset 1'],
    ['postgresql', 'select distinct b from t where a = $1 limit 1'],
    ['postgresql', 'select * from t where a = $1 order by 2 limit 1'],
    ['postgresql', 'select count(*) from t where a = $1 order by 1'],
    ['postgresql', 'select count(*) + 1, b from t where a = $1'],
    ['postgresql', 'select b, count(*) from t where a = $1 group by b'],
    ['postgresql', 'select * from t where a = $1 or b = 2'],
    ['mysql', 'select * from t where a = ? limit 5, 1'],
  ] as const)('none where parameters have names, or the change could change the meaning: %s: %s', (dialect, sql) => {
    expect(batchedLookupOf(sql, dialect, 0, 3)).toBeUndefined()
  })
})
