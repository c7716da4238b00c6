import { describe, expect, test } from 'vitest'
import { readSessionChanges, type SessionChange } from '../src/session-changes.ts'

const set = (name: string, text: string, isLocal = false): SessionChange => ({ type: 'set', name, text, isLocal })

describe('what a statement sets', () => {
  const cases: [text: string, parameters: unknown[] | undefined, changes: SessionChange[]][] = [
    ['set search_path to tenant, public', undefined, [set('search_path', 'set search_path to tenant, public')]],
    ['SET SESSION statement_timeout = 5', undefined, [set('statement_timeout', 'SET SESSION statement_timeout = 5')]],
    ["set local app.tenant = '7'", undefined, [set('app.tenant', "set local app.tenant = '7'", true)]],
    ['/* tag */ set role reader', undefined, [set('role', 'set role reader')]],
    ['set session authorization bob', undefined, [set('session authorization', 'set session authorization bob')]],
    ["set time zone 'UTC'", undefined, [set('time zone', "set time zone 'UTC'")]],
    ['set names utf8mb4', undefined, [set('names', 'set names utf8mb4')]],
    ['use shop', undefined, [set('use', 'use shop')]],
    ['set @a = 1', undefined, [set('@a', 'set @a = 1')]],
    ["set a = 'x;y'; set local b = 2", undefined, [set('a', "set a = 'x;y'"), set('b', 'set local b = 2', true)]],
    ['set transaction isolation level serializable', undefined, []],
    ['set session characteristics as transaction read only', undefined, []],
    ['set global max_connections = 5', undefined, []],
    [
      "select set_config('app.tenant', $1, true)",
      ["o'neil"],
      [set('app.tenant', "select set_config('app.tenant', 'o''neil', true)", true)],
    ],
    [
      'select set_config($1, $2, $3)',
      ['app.user', 7, false],
      [set('app.user', "select set_config('app.user', '7', false)")],
    ],
    [
      "select set_config('a', 'x', true), pg_catalog.set_config('b', 'y', false) as b",
      undefined,
      [set('a', "select set_config('a', 'x', true)", true), set('b', "select set_config('b', 'y', false)")],
    ],
    [
      "select set_config('a', name, true) from tenants",
      undefined,
      [set("select set_config('a', name, true) from tenants", "select set_config('a', name, true) from tenants", true)],
    ],
    ['reset all', undefined, [{ type: 'reset' }]],
    ['discard all', undefined, [{ type: 'reset' }]],
    ['reset search_path', undefined, [{ type: 'reset', name: 'search_path' }]],
    ['begin', undefined, [{ type: 'begin' }]],
    ['start transaction read only', undefined, [{ type: 'begin' }]],
    ['commit', undefined, [{ type: 'commit' }]],
    ['rollback', undefined, [{ type: 'rollback' }]],
    ['rollback to savepoint a', undefined, []],
    ["select 'set role x'", undefined, []],
    ['update settings set value = 1', undefined, []],
  ]
  test.each(cases)('%s', (text, parameters, changes) => {
    expect(readSessionChanges(text, parameters)).toEqual(changes)
  })
})
