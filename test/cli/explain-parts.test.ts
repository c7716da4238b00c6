import { describe, expect, test } from 'vitest'
import { countPlaceholders, readStatement } from '../../src/cli/explain/read-statement.ts'
import { rememberErrors, renderSqlError } from '../../src/cli/explain/sql-error.ts'
import { reproductionOf } from '../../src/explain/reproduction.ts'
import type { Plan } from '../../src/model/plan.ts'
import { scanPlan } from '../reporters/plan-fixtures.ts'

describe('the statement that is given', () => {
  test.each([
    ['select 1', 'select 1'],
    ['  select 1;\n-- done\n', 'select 1'],
    ["select ';' as a, $1;;", "select ';' as a, $1"],
    ['-- first\nselect /* x; y */ 1 ;', 'select /* x; y */ 1'],
    ['select $a$;$a$', 'select $a$;$a$'],
    ['select "ä;" from ö', 'select "ä;" from ö'],
  ])('is one: %j', (text, statement) => {
    expect(readStatement(text, 'postgresql')).toBe(statement)
  })

  test('is refused where there is none, or a second one', () => {
    expect(() => readStatement(' ; -- nothing', 'postgresql')).toThrow('The text holds no statement.')
    expect(() => readStatement('select 1; delete\nfrom orders where customer_id > 17', 'postgresql')).toThrow(
      'One statement is explained at a time, but a second one follows: `delete from orders where cust…`.',
    )
  })

  test.each([
    ['select $2, $1, $2', 'postgresql', 2],
    ["select '$1', data ? 'a'", 'postgresql', 0],
    ['select ? from a where b in (?, ?)', 'mysql', 3],
    ['select ?1, ?1', 'sqlite', 1],
  ] as const)('has so many placeholders: %s', (text, dialect, count) => {
    expect(countPlaceholders(text, dialect)).toBe(count)
  })
})

describe('what a server says of a broken statement', () => {
  const connectionThat = (error: object) => ({
    engine: 'postgres' as const,
    serverVersion: '18.4',
    query: async () => Promise.reject(Object.assign(new Error('?'), error)),
    close: async () => {},
  })

  async function told(text: string, error: object, sent = `EXPLAIN (FORMAT JSON) ${text}`): Promise<string> {
    const { connection, lastError } = rememberErrors(connectionThat(error), text)
    await connection.query(sent).catch(() => {})
    const last = lastError()
    return last === undefined ? '' : renderSqlError(last, text)
  }

  test('is shown with the place in the statement, not in what was sent', async () => {
    const error = {
      message: 'column "nam" does not exist',
      position: String('EXPLAIN (FORMAT JSON) select\n  '.length + 1),
    }
    expect(await told('select\n  nam from users', error)).toBe(
      'column "nam" does not exist\n  2 |   nam from users\n    |   ^',
    )
  })

  test('counts characters as PostgreSQL does', async () => {
    const error = { message: 'no', position: String("EXPLAIN (FORMAT JSON) select '🐘', ".length) }
    expect(await told("select '🐘', nam", error)).toMatch(/\n {4}\| {14}\^$/)
  })

  test('is placed by the text that MySQL and SQLite quote', async () => {
    const mysql = { message: 'x', sqlMessage: "You have an error in your SQL syntax; … near 'form t' at line 1" }
    expect(await told('select a form t', mysql, 'EXPLAIN FORMAT=JSON select a form t')).toMatch(/\n {4}\| {10}\^$/)
    expect(await told('selec 1', { message: 'near "selec": syntax error' }, 'EXPLAIN QUERY PLAN selec 1')).toMatch(
      /\n {2}1 \| selec 1\n {4}\| \^$/,
    )
  })

  test('is cut around the place where the line is long', async () => {
    const text = `select ${'a, '.repeat(200)}nam${', b'.repeat(200)}`
    const [, line = '', mark = ''] = (
      await told(text, { message: 'no', position: String(text.indexOf('nam') + 23) })
    ).split('\n')
    expect(line.length).toBeLessThan(110)
    expect(line.slice(mark.indexOf('^'), mark.indexOf('^') + 3)).toBe('nam')
  })

  test('is not taken from statements of nonplus itself', async () => {
    expect(await told('select 1', { message: 'no' }, 'select version()')).toBe('')
  })
})

describe('how to see a plan by hand', () => {
  const request = { text: 'select * from orders where status = $1', timeoutMs: 2_000, placeholders: 1 }

  test('in PostgreSQL', () => {
    expect(reproductionOf(scanPlan, { ...request, values: ["it's"], session: ['set search_path = shop'] })).toEqual([
      'begin read only;',
      "set local statement_timeout = '2000ms'; set local lock_timeout = '100ms';",
      'set search_path = shop;',
      "explain (analyze, buffers, timing off, verbose, settings) select * from orders where status = $1 \\bind 'it''s' \\g",
      'rollback;',
    ])
    const generic: Plan = { ...scanPlan, mode: 'plan', planKind: 'generic' }
    expect(reproductionOf(generic, request)[2]).toBe(
      'explain (generic_plan, verbose, settings) select * from orders where status = $1;',
    )
    expect(reproductionOf({ ...scanPlan, mode: 'plan' }, request)[2]).toMatch(/ \\bind 'value 1' \\g$/)
  })

  test('in the others', () => {
    const select = { text: 'select 1', timeoutMs: 1, placeholders: 0 }
    expect(reproductionOf({ ...scanPlan, engine: 'sqlite' }, select)).toEqual(['explain query plan select 1;'])
    expect(reproductionOf({ ...scanPlan, engine: 'mariadb' }, select)).toEqual([
      'start transaction read only;',
      'analyze format=json select 1;',
      'show warnings;',
      'rollback;',
    ])
    const update = { ...select, text: 'update a set b = 1' }
    expect(reproductionOf({ ...scanPlan, engine: 'mysql', mode: 'plan' }, update).slice(0, 2)).toEqual([
      'start transaction;',
      'explain format=json update a set b = 1;',
    ])
  })
})
