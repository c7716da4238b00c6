import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/model/statement.ts'
import { clausesOf } from '../../src/sql/clauses.ts'
import { type Condition, conditionOf } from '../../src/sql/condition.ts'

/** `table.column::cast operator right`, with `and(…)`, `or(…)`, `not(…)` and `other(…)` around. */
function show(condition: Condition): string {
  if (condition.kind === 'other') return `other(${condition.operand.columns.map(({ name }) => name).join(',')})`
  if (condition.kind !== 'comparison') return `${condition.kind}(${condition.parts.map(show).join('; ')})`
  const { left, operator, right } = condition
  const name =
    left.column === undefined
      ? `[${left.call ?? 'expression'}]`
      : [left.column.table, left.column.name].filter(Boolean).join('.')
  const cast = left.cast === undefined ? '' : `::${left.cast}`
  return [`${name}${cast}`, operator, ...right.map(({ text }) => text)].join(' ')
}

const cases: [string, Dialect, string][] = [
  [
    "((orders.created_at < '2024-02-01'::timestamp without time zone) AND (orders.status = ?::text))",
    'postgresql',
    "and(orders.created_at < '2024-02-01'::timestamp without time zone; orders.status = ?::text)",
  ],
  ['((status)::text = ANY (?::text[]))', 'postgresql', 'status::text = any ?::text[]'],
  ['(lower(customers.email) = ?::text)', 'postgresql', '[lower] = ?::text'],
  ['((a = 1) OR ((b = 2) AND (c IS NOT NULL)))', 'postgresql', 'or(a = 1; and(b = 2; c is not null))'],
  ['("Order"."customerId" = $1)', 'postgresql', 'Order.customerId = $1'],
  ['((id + 1) = 5)', 'postgresql', '[expression] = 5'],
  ["(customers.email ~~ '%x'::text)", 'postgresql', "customers.email like '%x'::text"],
  ['(5 < a)', 'postgresql', 'a > 5'],
  ['(NOT (a = 1))', 'postgresql', 'not(a = 1)'],
  ["(`npcase`.`orders`.`note` = 'nope')", 'mysql', "orders.note = 'nope'"],
  ['((`t`.`a` between 1 and 2) and (`t`.`b` <> 3))', 'mysql', 'and(t.a between 1 2; t.b <> 3)'],
  ["('x' <= status <= 'y')", 'mysql', "and(status >= 'x'; status <= 'y')"],
  ["o.customer_id = c.`id` and o.note like '%x'", 'mysql', "and(o.customer_id = c.`id`; o.note like '%x')"],
  ['cast(created_at as date) = ?', 'mysql', 'created_at::date = ?'],
  ['date(created_at) = ?', 'sqlite', '[date] = ?'],
  ['a in (?, ?) and b is null', 'sqlite', 'and(a in ?, ?; b is null)'],
  ['case when a = 1 and b = 2 then c end = ?', 'sqlite', '[expression] = ?'],
  ['', 'sqlite', 'other()'],
]

test.each(cases)('%s', (text, dialect, expected) => {
  expect(show(conditionOf(text, dialect))).toBe(expected)
})

test.each(['postgresql', 'mysql', 'sqlite'] as const)('reads anything in %s', (dialect) => {
  const word = fc.constantFrom(
    '(',
    ')',
    'and',
    'or',
    'not',
    '=',
    '<',
    'a',
    'b.c',
    '?',
    "'x'",
    '::',
    'in',
    'between',
    ',',
    'is',
    'null',
    'case',
    'end',
    'where',
    'from',
    'order',
    'by',
    'limit',
    'like',
    'x(',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      expect(() => conditionOf(words.join(' '), dialect)).not.toThrow()
      expect(() => clausesOf(words.join(' '), dialect)).not.toThrow()
    }),
  )
})

describe('clauses', () => {
  test('tables go by their aliases, on all levels', () => {
    const { sources } = clausesOf(
      'select c.id, (select count(*) from orders o where o.customer_id = c.id) from "shop"."customers" as c, tags',
      'postgresql',
    )
    expect(sources).toEqual([
      { table: 'orders', alias: 'o' },
      { table: 'customers', schema: 'shop', alias: 'c' },
      { table: 'tags', alias: 'tags' },
    ])
  })

  test('the order and the limit are those of the outermost level', () => {
    const read = clausesOf(
      'select * from (select * from a order by x limit 1) y order by lower(b), c.d desc nulls last limit ? offset ?',
      'postgresql',
    )
    expect(read.orderBy).toEqual([
      { text: 'lower(b)', direction: 'asc' },
      { text: 'c.d', direction: 'desc', column: { table: 'c', name: 'd' } },
    ])
    expect([read.hasLimit, read.hasOffset, read.isReduced]).toEqual([true, true, false])
    expect(clausesOf('select a from t limit 5, 10', 'mysql').hasOffset).toBe(true)
    expect(clausesOf('select count(*) from t', 'mysql').isReduced).toBe(true)
  })

  test('from is not always a table', () => {
    const text = 'select extract(year from at) from t where a is distinct from b for update'
    expect(clausesOf(text, 'postgresql').sources).toEqual([{ table: 't', alias: 't' }])
    expect(clausesOf("update orders set note = 'x' where id = 1", 'mysql').sources).toEqual([
      { table: 'orders', alias: 'orders' },
    ])
  })
})
