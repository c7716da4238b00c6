import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { profile } from '../../src/profiler.ts'
import { type OracleAnswer, type OracleQuestion, scriptOracledb } from '../oracledb-script.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { here, lineOf, record } from './record.ts'

// biome-ignore lint/suspicious/noExplicitAny: the package brings no types
type Any = any

const POSTS = Array.from({ length: 8 }, (_, index) => [index + 1, (index + 1) * 11])

function answer({ text, values, count }: OracleQuestion): OracleAnswer {
  if (text.includes('nothing_here')) return { error: { number: 942, message: 'table or view does not exist' } }
  if (/^(insert|update)/.test(text)) return { affected: count }
  if (text.includes('from posts')) return { columns: ['ID', 'AUTHOR_ID'], rows: POSTS }
  if (text.includes('from many')) return { columns: ['ID'], rows: Array.from({ length: 250 }, (_, id) => [id]) }
  return { columns: ['ID', 'NAME'], rows: [[values[0], 'someone']] }
}

function olderCopies(): Any[] {
  try {
    return [scriptOracledb(answer, 'oracledb-6', new URL('../oracledb-versions/index.js', import.meta.url))]
  } catch {
    process.stderr.write('\n!! An older oracledb is not tested: npm ci --prefix test/oracledb-versions\n\n')
    return []
  }
}

const copies = [scriptOracledb(answer), ...olderCopies()].map((oracledb) => ({
  oracledb,
  version: oracledb.versionString,
}))
for (const { oracledb } of copies) instrument(oracledb)

type Done = (error: unknown, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

const TEXT = 'select * from authors where id = :1'
const WRONG = 'select * from nothing_here'

describe.each(copies)('oracledb $version (scripted implementation, not a live server)', ({ oracledb }) => {
  // statements as objects, pipelines and tracing came later
  const isNew = 'traceHandler' in oracledb
  let connection: Any
  let pool: Any

  beforeAll(async () => {
    connection = await oracledb.getConnection({
      user: 'someone',
      password: 'x',
      connectString: 'db.example:1521/shop_high',
    })
    pool = await oracledb.createPool({
      user: 'someone',
      password: 'x',
      connectString: 'db.example:1521/shop_high',
      poolMin: 2,
      poolMax: 2,
    })
    await Promise.all([1, 2].map(() => withConnection((on) => on.execute('select 1 from dual'))))
  })

  afterAll(async () => {
    await connection.close()
    await pool.close(0)
  })

  async function withConnection(use: (connection: Any) => Promise<unknown>): Promise<unknown> {
    const checkedOut = await pool.getConnection()
    try {
      return await use(checkedOut)
    } finally {
      await checkedOut.close()
    }
  }

  function askInCheckout(text: string, values: readonly unknown[], done: Done): void {
    pool.getConnection((error: unknown, checkedOut: Any) => {
      if (error) return done(error)
      checkedOut.execute(text, values, (failure: unknown, result: unknown) => {
        checkedOut.close(() => done(failure, result))
      })
    })
  }

  async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
    const rows: unknown[] = []
    for await (const row of stream) rows.push(row)
    return rows
  }

  async function readResultSet(text: string, values: unknown[], size = 100): Promise<number> {
    const { resultSet } = await connection.execute(text, values, { resultSet: true })
    let count = 0
    for (let rows = await resultSet.getRows(size); rows.length > 0; rows = await resultSet.getRows(size)) {
      count += rows.length
    }
    await resultSet.close()
    return count
  }

  describeDriver({
    name: 'oracledb',
    forms: [
      ['execute', () => connection.execute(TEXT, [3])],
      ['execute with options', () => connection.execute(TEXT, [3], { outFormat: oracledb.OUT_FORMAT_OBJECT })],
      ['execute, described bind', () => connection.execute(TEXT, [{ val: 3, type: oracledb.NUMBER }])],
      ...(isNew ? [['execute, object', () => connection.execute({ statement: TEXT, values: [3] })] as const] : []),
      ['execute, callback', () => called((done) => connection.execute(TEXT, [3], done))],
      ['execute, callback after options', () => called((done) => connection.execute(TEXT, [3], {}, done))],
      ['result set', () => readResultSet(TEXT, [3])],
      ['stream', () => read(connection.queryStream(TEXT, [3]))],
      ['pool', () => withConnection((on) => on.execute(TEXT, [3]))],
      ['pool, callback', () => called((done) => askInCheckout(TEXT, [3], done))],
    ],
    expected: { text: TEXT, parameters: [3], rows: 1 },
    failures: [
      ['execute', () => connection.execute(WRONG), 'ORA-00942'],
      ['execute, callback', () => called((done) => connection.execute(WRONG, done)), 'ORA-00942'],
      ['stream', () => read(connection.queryStream(WRONG)), 'ORA-00942'],
      ['executeMany', () => connection.executeMany(WRONG, [[1]]), 'ORA-00942'],
      ['wrong use', () => connection.execute(TEXT, 3), 'NJS-005'],
    ],
    pooled: [
      ['execute', (request) => withConnection((on) => on.execute('select :1 from dual', [request]))],
      ['named', (request) => withConnection((on) => on.execute('select :id from dual', { id: request }))],
      ['callback', (request) => called((done) => askInCheckout('select :1 from dual', [request], done))],
      ['stream', (request) => withConnection((on) => read(on.queryStream('select :1 from dual', [request])))],
    ],
    address: () => ({ host: 'db.example', port: 1521, database: 'ORCL|SHOP|shop_high' }),
    poolSize: 2,
    hookAgain: () => instrument(oracledb),
  })

  test('many rows at once, writes and transactions', async () => {
    const { ended } = await record(async () => {
      await connection.executeMany('insert into authors values (:1, :2)', [
        [1, 'a'],
        [2, 'b'],
      ])
      await connection.execute('update authors set name = :name where id = :id', { name: 'x', id: { val: 4 } })
      await connection.commit()
      await called((done) => connection.rollback(done))
    })
    expect(ended.map(facts)).toEqual([
      {
        text: 'insert into authors values (:1, :2)',
        parameters: [
          [1, 'a'],
          [2, 'b'],
        ],
        rows: 2,
        error: undefined,
      },
      {
        text: 'update authors set name = :name where id = :id',
        parameters: [{ name: 'x', id: 4 }],
        rows: 1,
        error: undefined,
      },
      { text: 'commit', parameters: undefined, rows: 0, error: undefined },
      { text: 'rollback', parameters: undefined, rows: 0, error: undefined },
    ])
    expect(new Set(ended.map((message) => message.connection)).size).toBe(1)
  })

  test.skipIf(!isNew)('a pipeline is one execution', async () => {
    const { ended } = await record(async () => {
      const pipeline = new oracledb.Pipeline()
      pipeline.addExecute('update authors set name = :1', ['x'])
      pipeline.addFetchAll('select * from posts')
      pipeline.addCommit()
      await connection.runPipeline(pipeline)
    })
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([
      ['update authors set name = :1; select * from posts; commit', 9],
    ])
  })

  test('result sets and streams end with their last row, or when they are closed', async () => {
    const { ended } = await record(async () => {
      expect(await readResultSet('select * from many', [], 100)).toBe(250)
      const { resultSet } = await connection.execute('select * from many', [], { resultSet: true })
      await resultSet.getRow()
      await resultSet.getRow()
      await resultSet.close()
      for await (const _row of connection.queryStream('select * from many')) break
      await new Promise((resolve) => setTimeout(resolve, 30)) // it closes on its own
    })
    expect(ended.map(({ rows, isStreamed }) => [rows, isStreamed])).toEqual([
      [250, true],
      [2, true],
      [expect.any(Number), true],
    ])
    expect(ended[0]?.result?.rows).toHaveLength(250)
  })

  test('the line of a stream, and what its events send next', async () => {
    let line = ''
    const scopes: unknown[] = []
    const { started, scope } = await record(
      () =>
        new Promise<void>((resolve, reject) => {
          line = here(1)
          const stream = connection.queryStream('select * from posts')
          stream.on('data', () => {})
          stream.on('error', reject)
          stream.on('end', () => {
            scopes.push(currentScope())
            resolve(connection.execute('select 2 from dual'))
          })
        }),
    )
    expect(started.map(({ text }) => text)).toEqual(['select * from posts', 'select 2 from dual'])
    expect(lineOf(started[0]?.callSite)).toBe(line)
    expect(scopes).toEqual([scope])
  })

  test('calls that wait for the lock of one connection keep scope and line', async () => {
    const lines: string[] = []
    const { ended, scope } = await record(async () => {
      lines.push(here(1))
      await Promise.all([1, 2, 3].map((id) => connection.execute(TEXT, [id])))
    })
    expect(ended.map(({ parameters }) => parameters)).toEqual([[1], [2], [3]])
    expect(ended.every((message) => message.scope === scope && lineOf(message.callSite) === lines[0])).toBe(true)
  })

  test.skipIf(!isNew)('a trace handler that the application has set is left alone', async () => {
    const entered: string[] = []
    class Handler extends oracledb.traceHandler.TraceHandlerBase {
      onEnterFn(context: { operation: string }): void {
        entered.push(context.operation)
      }
    }
    const handler = new Handler()
    handler.enable()
    oracledb.traceHandler.setTraceInstance(handler)
    const { started } = await record(() => connection.execute(TEXT, [1]))
    oracledb.traceHandler.setTraceInstance(undefined)
    expect(started).toHaveLength(1)
    expect(entered).toEqual(['oracledb.Connection.execute'])
  })

  test('an N+1 is proven, with its line and the column its values came from', async () => {
    let line = ''
    const { report } = await profile('posts', async () => {
      const { rows } = await connection.execute('select id, author_id from posts')
      for (const [, author] of rows) {
        line = here(1)
        await connection.execute(TEXT, [author])
      }
    })
    const [finding] = report.findings
    expect([finding?.kind, finding?.confidence, finding?.count]).toEqual(['n-plus-one', 'proven', 8])
    expect((finding as unknown as { parent: { column: string } }).parent.column).toBe('AUTHOR_ID')
    expect(`${finding?.callSite?.file.split('/').at(-1)}:${finding?.callSite?.line}`).toBe(line)
  })

  test('taking the hooks out restores the methods', async () => {
    const { prototype } = oracledb.Connection
    const hooked = prototype.execute
    unpatchAll()
    expect(prototype.execute).not.toBe(hooked)
    const { started } = await record(() => connection.execute(TEXT, [1]))
    expect(started).toEqual([])
    for (const copy of copies) instrument(copy.oracledb)
    const { started: again } = await record(() => connection.execute(TEXT, [1]))
    expect(again).toHaveLength(1)
  })
})
