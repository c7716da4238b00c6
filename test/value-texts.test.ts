import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { profile } from '../src/profiler.ts'
import { reporters } from '../src/reporters/index.ts'
import { createDatabase } from './create-database.ts'

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await createDatabase('value_texts'), max: 2 })
  await pool.query('create table users (id int primary key, name text)')
  await pool.query(`insert into users select n, 'secret ' || n from generate_series(1, 9) as n`)
})

afterAll(() => pool.end())

async function listUsers(): Promise<void> {
  const { rows } = await pool.query('select id from users order by id')
  for (const { id } of rows) await pool.query(`select name from users where id = $1 and name <> 'O''Hara'`, [id])
}

const context = { color: false, width: 100, cwd: process.cwd(), sourceOf: () => undefined }

test('values of the first executions are told where they are asked for', async () => {
  const { report } = await profile('list', listUsers, { values: true })
  const [finding] = report.findings
  expect(finding?.values).toEqual([1, 2, 3, 4, 5].map((id) => `(${id}, 'O''Hara')`))
  expect(reporters.console(report, context)).toContain(`values     (1, 'O''Hara') (2, 'O''Hara')`)
})

test('no reporter tells one otherwise', async () => {
  const { report, values } = await profile('list', listUsers)
  expect(values).toBeUndefined()
  expect(report.findings.map((finding) => finding.values)).toEqual([undefined])
  for (const reporter of Object.values(reporters)) expect(reporter(report, context)).not.toMatch(/Hara|secret/)
})

test('texts, dates, bytes, lists and documents are written as SQL has them, and cut', async () => {
  const values = ["it's", new Date(0), Buffer.from('ab'), [1, null], { a: 1 }, null, 'x'.repeat(100)]
  const text = `select ${values.map((_, index) => `$${index + 1}::${['text', 'timestamptz', 'bytea', 'int[]', 'jsonb', 'int', 'text'][index]}`)}`
  const profiled = await profile('one', () => pool.query(text, values), { values: true })
  expect(profiled.values).toEqual([`('it''s', '1970-01-01T00:00:00.000Z', <2 bytes>, [1, null], {"a":1}, null, 'xx…)`])
})
