import { createRequire } from 'node:module'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { createDatabase } from '../create-database.ts'
import { record } from './record.ts'

const driver = loadNative()
if (driver === undefined) {
  process.stderr.write(
    '\n!! pg.native is not tested: it needs libpq. apt-get install libpq-dev, then npm ci --prefix test/pg-native\n\n',
  )
}

function loadNative(): typeof pg | undefined {
  try {
    const require = createRequire(new URL('../pg-native/index.js', import.meta.url))
    const driver = require('pg') as typeof pg
    instrument(driver)
    return (driver as unknown as { native: typeof pg | null }).native ?? undefined
  } catch {
    return undefined
  }
}

const TEXT = 'select $1::int as id'

type Done = (error: Error | null | undefined, result: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

describe.skipIf(driver === undefined)('pg.native', async () => {
  const native = driver as typeof pg
  const url = driver === undefined ? '' : await createDatabase('native')

  const forms: [name: string, call: (client: pg.Client, pool: pg.Pool) => Promise<unknown>][] = [
    ['client: text and values', (client) => client.query(TEXT, [3])],
    ['client: config', (client) => client.query({ text: TEXT, values: [3] })],
    ['client: named prepared', (client) => client.query({ name: 'named', text: TEXT, values: [3] })],
    ['client: callback', (client) => called((done) => client.query(TEXT, [3], done))],
    ['pool: promise', (_client, pool) => pool.query(TEXT, [3])],
    ['pool: callback', (_client, pool) => called((done) => pool.query(TEXT, [3], done))],
  ]

  test.each(forms)('%s is one execution, in its scope', async (_name, call) => {
    const client = new native.Client(url)
    await client.connect()
    const pool = new native.Pool({ connectionString: url, max: 1 })
    await pool.query('select 1')
    const { result, started, ended, scope } = await record(() => call(client, pool))
    expect((result as pg.QueryResult).rows).toEqual([{ id: 3 }])
    expect(started.map(({ text, parameters, rows }) => [text, parameters, rows])).toEqual([[TEXT, [3], 1]])
    expect(ended).toEqual(started)
    expect(started[0]?.scope).toBe(scope)
    await client.end()
    await pool.end()
  })

  test('errors reach the caller, and callbacks run in the scope of their call', async () => {
    const client = new native.Client(url)
    await client.connect()
    const { ended, scope } = await record(async () => {
      await expect(client.query('select * from nothing_here')).rejects.toThrow('nothing_here')
      const inside = await called((done) => client.query('select 1', (error) => done(error, currentScope())))
      expect(inside).toBe(currentScope())
    })
    expect(ended.map(({ error }) => error instanceof Error)).toEqual([true, false])
    expect(scope.isClosed).toBe(false)
    await client.end()
  })
})
