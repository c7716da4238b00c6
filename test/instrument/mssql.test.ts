import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { profile } from '../../src/profiler.ts'
import { startTdsPeer, type TdsPeer } from '../tds-peer.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { here, lineOf, record } from './record.ts'
import { tdsScript } from './tds-script.ts'

// biome-ignore lint/suspicious/noExplicitAny: the package brings no types
type Any = any

const require = createRequire(import.meta.url)

interface Copy {
  readonly version: string
  readonly sql: Any
  /** The one that this mssql has below it. */
  readonly tedious: Any
}

function copyOf(name: string, from = require): Copy {
  const below = createRequire(from.resolve(name))
  return { version: from(`${name}/package.json`).version, sql: from(name), tedious: below('tedious') }
}

function olderCopies(): Copy[] {
  try {
    const older = createRequire(new URL('../mssql-versions/index.js', import.meta.url))
    return ['mssql-8', 'mssql-11'].map((name) => copyOf(name, older))
  } catch {
    process.stderr.write('\n!! Older versions of mssql are not tested: npm ci --prefix test/mssql-versions\n\n')
    return []
  }
}

const copies = [copyOf('mssql'), ...olderCopies()]
for (const { sql, tedious } of copies) {
  instrument(sql)
  instrument(tedious)
}

type Done = (error: Error | null | undefined, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

const TEXT = 'select * from authors where id = @id'
const WRONG = 'select * from nothing_here'
const REQUEST = 'select @request as request'

test.each(copies)('a closed pool of mssql $version has no state', async ({ sql }) => {
  const peer = await startTdsPeer(tdsScript)
  const options = { encrypt: false, trustServerCertificate: true }
  const own = new sql.ConnectionPool({ server: '127.0.0.1', port: peer.port, user: 'a', password: 'b', options })
  const states: unknown[] = []
  state.onPool = (pool, { poolStateOf }) => {
    if (pool === own) states.push(() => poolStateOf?.(pool))
  }
  try {
    await (await own.connect()).query('select 1')
  } finally {
    state.onPool = undefined
  }
  const [stateOf] = states as (() => unknown)[]
  expect(stateOf?.()).toMatchObject({ pending: 0, max: 10 })
  await own.close()
  expect(stateOf?.()).toBeUndefined()
  await peer.stop()
})

describe.each(copies)('mssql $version (scripted peer, not a live server)', ({ sql, tedious, version }) => {
  let peer: TdsPeer
  let pool: Any

  beforeAll(async () => {
    peer = await startTdsPeer(tdsScript)
    pool = await new sql.ConnectionPool({
      server: '127.0.0.1',
      port: peer.port,
      database: 'shop',
      user: 'someone',
      password: 'something',
      options: { encrypt: false, trustServerCertificate: true },
      pool: { min: 2, max: 2 },
    }).connect()
    await Promise.all([pool.query('select 1'), pool.query('select 1')])
  })

  afterAll(async () => {
    await pool.close()
    await peer.stop()
  })

  function withId(id: number): Any {
    return pool.request().input('id', sql.Int, id)
  }

  async function prepared(ask: (statement: Any) => Promise<unknown>): Promise<unknown> {
    const statement = new sql.PreparedStatement(pool)
    statement.input('id', sql.Int)
    await statement.prepare(TEXT)
    try {
      return await ask(statement)
    } finally {
      await statement.unprepare()
    }
  }

  function streamed(request: Any): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const rows: unknown[] = []
      request.stream = true
      request.on('row', (row: unknown) => rows.push(row))
      request.on('error', reject)
      request.on('done', () => resolve(rows))
      void request.query(TEXT)
    })
  }

  function asked(request: number): Any {
    return pool.request().input('request', sql.Int, request)
  }

  describeDriver({
    name: 'mssql',
    forms: [
      ['request: query', () => withId(3).query(TEXT)],
      ['request: callback', () => called((done) => withId(3).query(TEXT, done))],
      ['request: stream', () => streamed(withId(3))],
      ['prepared', () => prepared((statement) => statement.execute({ id: 3 }))],
    ],
    expected: { text: TEXT, parameters: [{ id: 3 }], rows: 1 },
    failures: [
      ['query', () => pool.query(WRONG), 'EREQUEST'],
      ['query, callback', () => called((done) => pool.request().query(WRONG, done)), 'EREQUEST'],
      ['batch', () => pool.request().batch(WRONG), 'EREQUEST'],
    ],
    pooled: [
      ['query', (request) => asked(request).query(REQUEST)],
      ['callback', (request) => called((done) => asked(request).query(REQUEST, done))],
      ['procedure', (request) => asked(request).execute('authors_of')],
    ],
    address: () => ({ host: '127.0.0.1', port: peer.port, database: 'shop' }),
    poolSize: 2,
    hookAgain: () => {
      instrument(sql)
      instrument(tedious)
    },
  })

  test('templates, batches, procedures and bulk loads', async () => {
    const { ended } = await record(async () => {
      await pool.query`select * from authors where id = ${3}`
      await pool.batch('select 1')
      await withId(4).execute('authors_of')
      const table = new sql.Table('authors')
      table.columns.add('id', sql.Int, { nullable: false })
      table.rows.add(1)
      table.rows.add(2)
      await pool.request().bulk(table)
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select * from authors where id = @param1', parameters: [{ param1: 3 }], rows: 1, error: undefined },
      { text: 'select 1', parameters: undefined, rows: 1, error: undefined },
      { text: 'exec authors_of @id', parameters: [{ id: 4 }], rows: 1, error: undefined },
      { text: 'insert bulk [authors]([id] int)', parameters: undefined, rows: 2, error: undefined },
    ])
  })

  test('the line of a query, also where its promise is only returned, and inside a transaction', async () => {
    const lines: string[] = []
    const returned = () => withId(1).query(TEXT)
    const { ended, scope } = await record(async () => {
      lines.push(here(-2))
      await returned()
      const transaction = new sql.Transaction(pool)
      lines.push(here(1))
      await transaction.begin()
      lines.push(here(1))
      await new sql.Request(transaction).input('id', sql.Int, 2).query(TEXT)
      lines.push(here(1))
      await transaction.commit()
    })
    expect(ended.map(({ text }) => text)).toEqual([TEXT, 'begin transaction', TEXT, 'commit transaction'])
    expect(ended.map(({ callSite }) => lineOf(callSite))).toEqual(lines)
    expect(ended.every((message) => message.scope === scope)).toBe(true)
  })

  test('the wait for a connection is known', async () => {
    const { ended } = await record(() =>
      Promise.all([pool.batch('waitfor delay'), pool.batch('waitfor delay'), pool.query('select 1')]),
    )
    const waited = ended.map(({ acquiredAt, startedAt }) => acquiredAt - startedAt)
    expect(Math.max(...waited)).toBeGreaterThan(40)
    expect(Math.min(...waited)).toBeLessThan(40)
  })

  test('what a callback sends next is filed under its own scope', async () => {
    const chains = Array.from({ length: 6 }, (_, request) =>
      record(
        () =>
          new Promise<void>((resolve, reject) => {
            const next = (left: number): void => {
              if (left === 0) resolve()
              else
                asked(request).query(REQUEST, (error: unknown) => {
                  if (error) return reject(error)
                  if (currentScope()?.name !== `chain ${request}`) return reject(new Error('wrong scope'))
                  next(left - 1)
                })
            }
            next(5)
          }),
        `chain ${request}`,
      ),
    )
    const started = new Set((await Promise.all(chains)).flatMap((recording) => recording.started))
    expect(started.size).toBe(30)
    const wrong = [...started].filter(({ scope, parameters }) => {
      const [sent] = parameters as [{ request: number }]
      return scope.name !== `chain ${sent.request}`
    })
    expect(wrong).toEqual([])
  })

  test('an N+1 is proven, with its line and the column its values came from', async () => {
    let line = ''
    const { report } = await profile('posts', async () => {
      const { recordset } = await pool.query('select id, author_id from posts')
      for (const { author_id } of recordset) {
        line = here(1)
        await withId(author_id).query(TEXT)
      }
    })
    const [finding] = report.findings
    expect([finding?.kind, finding?.confidence, finding?.count]).toEqual(['n-plus-one', 'proven', 8])
    expect((finding as unknown as { parent: { column: string } }).parent.column).toBe('author_id')
    expect(`${finding?.callSite?.file.split('/').at(-1)}:${finding?.callSite?.line}`).toBe(line)
  })

  test('both are named among the drivers', () => {
    const hooked = [...state.drivers.values()]
    expect(hooked).toContainEqual({ name: 'mssql', version, via: 'patch' })
    expect(hooked.some(({ name }) => name === 'tedious')).toBe(true)
  })
})
