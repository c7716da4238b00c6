import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/model/statement.ts'
import { batchedRewriteOf } from '../../src/sql/batch-rewrite.ts'

const rewritten: readonly (readonly [dialect: Dialect, slot: number, sql: string, expected: string])[] = [
  ['postgresql', 0, 'select * from posts where author_id = $1', 'select * from posts where author_id = any($1)'],
  ['postgresql', 0, 'SELECT *\nFROM posts\nWHERE author_id=$1;', 'SELECT *\nFROM posts\nWHERE author_id = any($1)'],
  [
    'postgresql',
    0,
    'select id, p.author_id from posts p where p.author_id = $1 order by id',
    'select id, p.author_id from posts p where p.author_id = any($1) order by id',
  ],
  [
    'postgresql',
    0,
    'select "User"."id" AS "User_id" from "users" "User" where (("User"."id" = $1))',
    'select "User"."id" AS "User_id" from "users" "User" where (("User"."id" = any($1)))',
  ],
  ['postgresql', 1, 'select * from t where a = $1 and b = $2', 'select * from t where a = $1 and b = any($2)'],
  [
    'postgresql',
    0,
    "select * from t where a = 5 and b = $1 and c = 'secret'",
    'select * from t where a = any($2) and b = $1 and c = ?',
  ],
  ['postgresql', 0, 'select * from t where a = -5', 'select * from t where a = any($1)'],
  [
    'postgresql',
    0,
    'select * from t where a = $1::uuid and b = 1',
    'select * from t where a = any($1::uuid[]) and b = ?',
  ],
  ['postgresql', 0, 'select * from t where $1 = t.a', 'select * from t where t.a = any($1)'],
  [
    'postgresql',
    0,
    'select * from t where a = $1 and (b = $2 or c is null)',
    'select * from t where a = any($1) and (b = $2 or c is null)',
  ],
  [
    'postgresql',
    0,
    'select t.*, lower(u.name) from t join u on u.id = t.id where t.a = $1',
    'select t.*, lower(u.name) from t join u on u.id = t.id where t.a = any($1)',
  ],
  [
    'postgresql',
    0,
    'select *, (select count(*) from c where c.id = t.id) as n from t where t.a = $1',
    'select *, (select count(*) from c where c.id = t.id) as n from t where t.a = any($1)',
  ],
  ['postgresql', 0, 'select distinct a from t where a = $1', 'select distinct a from t where a = any($1)'],
  ['postgresql', 0, 'select * from t where a = ?', 'select * from t where a = any(?)'],
  ['mysql', 0, 'select * from `t` where `a` = ? and b = 3', 'select * from `t` where `a` in (?) and b = ?'],
  ['mysql', 0, 'select * from t where a = 5', 'select * from t where a in (?)'],
  ['mssql', 0, 'select * from [t] where [a] = @p0', 'select * from [t] where [a] in (@p0)'],
  ['sqlite', 0, 'select a, b from t where a = ?1 -- comment', 'select a, b from t where a in (?1)'],
  ['oracle', 0, 'select * from t where a = :id', 'select * from t where a in (:id)'],
]

const refused: readonly (readonly [why: string, slot: number, sql: string, dialect?: Dialect])[] = [
  ['limit', 0, 'select * from t where a = $1 limit 1'],
  ['offset', 0, 'select * from t where a = $1 offset 5'],
  ['fetch', 0, 'select * from t where a = $1 fetch first row only'],
  ['top', 1, 'select top 1 * from t where a = @p0', 'mssql'],
  ['distinct on', 0, 'select distinct on (b) * from t where a = $1'],
  ['aggregate', 0, 'select count(*) from t where a = $1'],
  ['aggregate beside the key', 0, 'select a, max(b) from t where a = $1'],
  ['group by', 0, 'select a, b from t where a = $1 group by a, b'],
  ['having', 0, 'select a from t where a = $1 having true'],
  ['window function', 0, 'select *, row_number() over (order by b) from t where a = $1'],
  ['lock', 0, 'select * from t where a = $1 for update'],
  ['union', 0, 'select * from t where a = $1 union select * from u'],
  ['except', 0, 'select * from t where a = $1 except select * from u'],
  ['volatile function', 0, 'select *, random() from t where a = $1'],
  ['unknown function', 0, 'select *, my_function(b) from t where a = $1'],
  ['function in FROM', 0, 'select * from t, generate_series(1, 2) where a = $1'],
  ['alternative', 0, 'select * from t where a = $1 or b = 2'],
  ['alternative around', 0, 'select * from t where (a = $1 and c = 3) or b = 2'],
  ['alternative in the same group', 1, 'select * from t where c = 3 and (a = $1 or b = 2)'],
  ['alternative of MySQL', 0, 'select * from t where a = ? || b = 2', 'mysql'],
  ['negated', 0, 'select * from t where not a = $1'],
  ['negated group', 0, 'select * from t where not (a = $1)'],
  ['inside CASE', 0, 'select * from t where case when b and a = $1 and c then 1 end = 1'],
  ['after BETWEEN', 2, 'select * from t where b between 1 and 2 and a = $1'],
  ['part of an expression', 0, 'select * from t where a = $1 + 1'],
  ['compared further', 0, 'select * from t where a = $1 is true'],
  ['function of the column', 0, 'select lower(a), * from t where lower(a) = $1'],
  ['not an equality', 0, 'select * from t where a > $1'],
  ['a list already', 0, 'select * from t where a in ($1)'],
  ['any already', 0, 'select * from t where a = any($1)'],
  ['inside a subquery', 0, 'select * from t where b in (select c from u where a = $1)'],
  ['inside EXISTS', 0, 'select * from t where exists (select * from u where a = $1)'],
  ['inside a derived table', 0, 'select * from (select * from u where a = $1) x'],
  ['in ON', 0, 'select * from t join u on u.a = $1'],
  ['used twice', 0, 'select * from t where a = $1 and b = $1'],
  ['key not selected', 0, 'select b from t where a = $1'],
  ['key changed', 0, 'select a + 1, lower(a) from t where a = $1'],
  ['key of another table', 0, 'select u.* from t join u on u.id = t.id where t.a = $1'],
  ['NULL', 0, 'select * from t where a = null'],
  ['CTE', 0, 'with x as (select 1) select * from t where a = $1'],
  ['two statements', 0, 'select * from t where a = $1; select 1'],
  ['insert', 0, 'insert into t select * from u where a = $1'],
  ['update', 0, 'update t set b = 1 where a = $1'],
  ['no such slot', 7, 'select * from t where a = $1'],
]

describe('batched rewrite', () => {
  for (const [dialect, slot, sql, expected] of rewritten) {
    test(`${dialect}: ${sql}`, () => {
      expect(batchedRewriteOf(sql, dialect, slot)).toBe(expected)
    })
  }

  for (const [why, slot, sql, dialect = 'postgresql'] of refused) {
    test(`refused, ${why}: ${sql}`, () => {
      expect(batchedRewriteOf(sql, dialect, slot)).toBeUndefined()
    })
  }

  test('other literals can be kept, for a text that is to be run', () => {
    expect(
      batchedRewriteOf("select * from t where a = $1 and b = 'x' limit all", 'postgresql', 0, 'kept'),
    ).toBeUndefined()
    expect(batchedRewriteOf("select * from t where a = $1 and b = 'x'", 'postgresql', 0, 'kept')).toBe(
      "select * from t where a = any($1) and b = 'x'",
    )
  })
})
