import { setTimeout as sleep } from 'node:timers/promises'
import Libsql from 'libsql'
import pg from 'pg'
import postgres from 'postgres'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { scopeEnd, subscribeGuarded } from '../../src/instrument/channel.ts'
import { instrument } from '../../src/instrument/instrument.ts'
import type { StatementMessage } from '../../src/instrument/message.ts'
import { nameOf } from '../../src/instrument/process-name.ts'
import { ProcessScope } from '../../src/instrument/process-scope.ts'
import { runScope } from '../../src/instrument/run-scope.ts'
import { currentScope, type Scope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { type ScopeRecord, startRecorder } from '../../src/recorder.ts'
import { createDatabase } from '../create-database.ts'

let pool: pg.Pool
let connectionString: string
const limits = { quietMs: 60, scriptMs: 400, maxPieceMs: 1_000 }
const closed: { readonly scope: Scope; readonly messages: StatementMessage[]; readonly texts: string[] }[] = []

beforeAll(async () => {
  startRecorder()
  instrument(pg)
  subscribeGuarded<Scope>(scopeEnd, (scope) => {
    const { messages } = scope.record as ScopeRecord
    closed.push({ scope, messages, texts: messages.map(({ text }) => text) })
  })
  connectionString = await createDatabase('process_scope')
  pool = new pg.Pool({ connectionString, max: 2 })
  await pool.query('select 0')
  return () => pool.end()
})

afterEach(() => {
  state.processScope?.finish('signal')
  closed.length = 0
})

function open(): ProcessScope {
  state.processScope = new ProcessScope('all', limits)
  return state.processScope as ProcessScope
}

/** What the scopes that closed have sent. */
const pieces = (): string[][] => closed.map(({ texts }) => texts)

test('a process that ends by itself is one scope, whatever its pauses', async () => {
  const scope = open()
  await pool.query('select 1')
  await sleep(150)
  await pool.query('select 2')
  scope.finish('exit')
  expect(pieces()).toEqual([['select 1', 'select 2']])
})

test('a process that runs on is judged piece by piece', async () => {
  open()
  for (const n of [1, 2, 3, 4, 5]) {
    await pool.query(`select ${n}`)
    await sleep(150)
  }
  expect(pieces().flat().length).toBeGreaterThanOrEqual(4)
  expect(pieces().every(({ length }) => length === 1)).toBe(true)
})

test('drivers that read nothing outside a scope read what is filed here', async () => {
  const scope = open()
  instrument(Libsql)
  const database = new Libsql(':memory:')
  database.exec('create table posts (id)')
  database.prepare('select * from posts where id = ?').all(1)
  database.close()
  instrument(postgres)
  const sql = postgres(connectionString, { max: 1 })
  await sql`select ${7}::int`
  await sql.end()
  scope.finish('exit')
  expect(pieces()).toEqual([['create table posts (id)', 'select * from posts where id = ?', 'select $1::int']])
  const messages = closed.flatMap((one) => one.messages)
  expect(messages.map(({ parameters }) => parameters)).toEqual([undefined, [1], [7]])
  expect(messages.every(({ callSite, hasEnded }) => callSite !== undefined && hasEnded)).toBe(true)
})

test('a statement under way is no pause', async () => {
  const scope = open()
  await Promise.all([pool.query('select pg_sleep(0.3)'), pool.query('select 1')])
  await pool.query('select 2')
  scope.finish('signal')
  expect(pieces()).toEqual([['select pg_sleep(0.3)', 'select 1', 'select 2']])
})

test('a piece without a pause ends all the same', async () => {
  const scope = open()
  const until = performance.now() + 1_400
  while (performance.now() < until) {
    await pool.query('select 1')
    await sleep(20)
  }
  expect(closed).toHaveLength(1)
  scope.finish('signal')
  expect(closed).toHaveLength(2)
})

test('the first job or request ends it, and what follows outside is told', async () => {
  open()
  const before = state.counters.outside
  await pool.query('select 1')
  await runScope({ name: 'job', kind: 'job' }, () => pool.query('select 2'))
  await pool.query('select 3')
  expect(closed.map(({ scope, texts }) => [scope.name.split(' ', 3).slice(0, 2).join(' '), texts])).toEqual([
    ['start-up of', ['select 1']],
    ['job', ['select 2']],
  ])
  expect(state.counters.outside - before).toBe(1)
})

test('a block and what is ignored end nothing', async () => {
  const scope = open()
  await pool.query('select 1')
  await runScope({ name: 'block', kind: 'block' }, () => pool.query('select 2'))
  await pool.query('select 3')
  scope.finish('exit')
  expect(pieces()).toEqual([['select 2'], ['select 1', 'select 3']])
})

test('the async context stays as empty as it was, also in callbacks', async () => {
  open()
  const seen = await new Promise((resolve, reject) => {
    pool.query('select 1', (error) => (error ? reject(error) : resolve(currentScope())))
  })
  expect(seen).toBeUndefined()
})

test('it is bounded: statements that hang, and many that do not', async () => {
  const scope = open()
  await Promise.all(Array.from({ length: 3_000 }, (_, index) => pool.query('select $1::int', [index])))
  scope.finish('exit')
  expect(closed).toHaveLength(1)
  expect(closed[0]?.texts).toHaveLength(1_000)
})

test.each([
  [['node', '/app/seed.js'], 'seed.js'],
  [['node', '/app/scripts/seed.js', '--force'], 'scripts/seed.js'],
  [['node', '/elsewhere/seed.js'], 'seed.js'],
  [['node', '/app/node_modules/.bin/knex', 'seed:run'], 'knex seed:run'],
  [['node', '/app/node_modules/knex/bin/cli.js', 'seed:run'], 'knex seed:run'],
  [['node', '/app/node_modules/@scope/tool/cli.js', '--url', 'postgres://secret'], '@scope/tool'],
  [['node', '/app/node_modules/tool/cli.js', 'postgres://secret'], 'tool'],
  [['node', '--flag'], 'node -e'],
  [['node'], 'node'],
])('a program %j is called %s', (argv, name) => {
  expect(nameOf(argv, '/app')).toBe(name)
})
