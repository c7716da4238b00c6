import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { ignore } from '../../src/instrument/scope.ts'
import { registeredApi } from '../../src/otel/api.ts'
import { errorAttributes } from '../../src/otel/error-attributes.ts'
import { runInScope } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'
import { scriptOracledb } from '../oracledb-script.ts'
import { MemorySdk } from './memory-sdk.ts'
import { isInstalled, sdk2 } from './run-app.ts'

// biome-ignore lint/suspicious/noExplicitAny: parts of an SDK that is no dependency of the root
type Any = any

const skip = isInstalled(sdk2) ? '' : ' (SKIPPED: npm ci --prefix test/otel)'
describe.skipIf(skip !== '')(`what the page promises of spans and events${skip}`, () => {
  let pool: pg.Pool
  let sdk: MemorySdk

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: await createDatabase('otel'), max: 2 })
    instrument(pg)
    await pool.query('create table books (id int, author_id int)')
    await pool.query('insert into books select i, 100 + i from generate_series(1, 4) i')
    await pool.query('create procedure shelve(int) language sql as $$ select 1 $$')
  })

  beforeEach(() => {
    sdk = new MemorySdk()
  })

  afterEach(() => sdk.stop())
  afterAll(() => pool.end())

  test('a stored procedure is named, and it is no table', async () => {
    await runInScope('job', () => pool.query('call shelve(7)'))
    const [{ name, attributes }] = sdk.spans() as [Any]
    expect(name).toBe('CALL shelve')
    expect(attributes).toMatchObject({ 'db.operation.name': 'CALL', 'db.stored_procedure.name': 'shelve' })
    expect(attributes).not.toHaveProperty('db.collection.name')
    expect(attributes['db.query.text']).toBe('call shelve(?)')
  })

  test('a text has 10,000 characters at most', async () => {
    const columns = Array.from({ length: 2_000 }, (_, index) => `id as c_${index}`).slice(0, 1_600)
    await runInScope('job', () => pool.query(`select ${columns.join(', ')} from books`))
    const text = String(sdk.spans()[0].attributes['db.query.text'])
    expect(text).toHaveLength(10_001)
    expect(text.endsWith('…')).toBe(true)
  })

  test('what runs inside ignore(), in no scope and after its scope has its span', async () => {
    let late: (() => Promise<unknown>) | undefined
    await ignore('a reason', () => pool.query('select 1 as ignored'))
    await pool.query('select 2 as outside')
    await runInScope('job', async () => {
      late = () => pool.query('select 3 as late')
    })
    await late?.()
    const texts = sdk.spans().map(({ attributes }) => attributes['db.query.text'])
    expect(texts).toEqual(['select ? as ignored', 'select ? as outside', 'select ? as late'])
  })

  test('where tracing is suppressed, as inside an exporter, none is made', async () => {
    const { context } = registeredApi() as Any
    const suppressed = context.active().setValue(Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true)
    await context.with(suppressed, () => runInScope('job', () => pool.query('select 1')))
    expect(sdk.spans()).toEqual([])
  })

  test('a job without a statement has no attributes', async () => {
    await sdk.tracer.startActiveSpan('work', async (span: Any) => {
      await runInScope('job', async () => {})
      span.end()
    })
    expect(sdk.spans('work')[0].attributes).toEqual({})
  })

  test('an event tells the loop, the query it was over, and what to do', async () => {
    async function findBooks(author: number): Promise<unknown> {
      return await pool.query('select * from books where author_id = $1', [author])
    }
    await runInScope('job', async () => {
      const { rows } = await pool.query('select author_id from books')
      for (const { author_id } of rows) await findBooks(author_id)
    })
    const [{ attributes, severityNumber }] = sdk.logs() as [Any]
    expect(severityNumber).toBe(17)
    expect(attributes).toMatchObject({
      'nonplus.finding.kind': 'n-plus-one',
      'nonplus.finding.confidence': 'proven',
      'nonplus.finding.severity': 'error',
      'nonplus.finding.identity': expect.stringMatching(/./),
      'nonplus.finding.docs': 'nonplus/src/detectors/n-plus-one.md',
      'nonplus.finding.fingerprint': 'select * from books where author_id = ?',
      'nonplus.finding.distinct_parameters': 4,
      'nonplus.finding.concurrent': false,
      'nonplus.finding.rows': 4,
      'nonplus.finding.loop': expect.stringMatching(/attributes\.test\.ts:\d+:\d+$/),
      'nonplus.finding.parent.summary': 'SELECT books',
      'nonplus.finding.parent.column': 'author_id',
      'nonplus.finding.parent.coverage': 1,
      'nonplus.finding.parent.place': expect.stringMatching(/attributes\.test\.ts:\d+:\d+$/),
      'nonplus.finding.advice': expect.stringMatching(/./),
      'nonplus.finding.rewrite': expect.stringContaining('any'),
      'nonplus.scope.kind': 'job',
      'code.function.name': 'findBooks',
    })
  })

  test('executeMany of oracledb is one span, with the size of its batch', async () => {
    const oracledb = scriptOracledb(({ count }) => ({ affected: count }))
    instrument(oracledb)
    const connection = await oracledb.getConnection({ user: 'a', password: 'b', connectString: 'db.example/shop' })
    await runInScope('job', () => connection.executeMany('insert into books values (:1)', [[1], [2], [3]]))
    expect(sdk.spans().map(({ name, attributes }) => ({ name, attributes }))).toEqual([
      {
        name: 'BATCH INSERT books',
        attributes: expect.objectContaining({ 'db.system.name': 'oracle.db', 'db.operation.batch.size': 3 }),
      },
    ])
  })
})

describe('the type of an error', () => {
  test.each([
    [
      'the code of the server',
      { code: '42P01' },
      'postgresql',
      { 'db.response.status_code': '42P01', 'error.type': '42P01' },
    ],
    ['else a code', { code: 'ECONNREFUSED' }, 'postgresql', { 'error.type': 'ECONNREFUSED' }],
    ['else the name', new RangeError("value 'secret'"), 'postgresql', { 'error.type': 'RangeError' }],
    ['else that there was one', 'secret', 'postgresql', { 'error.type': '_OTHER' }],
    ['ORA', { errorNum: 942 }, 'oracle', { 'db.response.status_code': 'ORA-00942', 'error.type': 'ORA-00942' }],
    ['number', { number: 208, code: 'EREQUEST' }, 'mssql', { 'db.response.status_code': '208', 'error.type': '208' }],
  ] as const)('%s', (_what, error, dialect, expected) => {
    expect(errorAttributes(error, dialect)).toEqual(expected)
  })
})
