import { createRequire } from 'node:module'
import { Connection, Request, TYPES } from 'tedious'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { profile } from '../../src/profiler.ts'
import { startTdsPeer, type TdsPeer } from '../tds-peer.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { here, lineOf, record } from './record.ts'
import { tdsScript } from './tds-script.ts'

const require = createRequire(import.meta.url)
const tedious = require('tedious') as typeof import('tedious')
instrument(tedious)

let peer: TdsPeer
let connection: Connection

beforeAll(async () => {
  peer = await startTdsPeer(tdsScript)
  connection = await connect()
})

afterAll(async () => {
  connection.close()
  await peer.stop()
})

async function connect(options: object = {}): Promise<Connection> {
  const opened = new Connection({
    server: '127.0.0.1',
    options: { port: peer.port, database: 'shop', encrypt: false, trustServerCertificate: true, ...options },
    authentication: { type: 'default', options: { userName: 'someone', password: 'something' } },
  })
  await called((done) => opened.connect(done))
  return opened
}

type Done = (error: Error | null | undefined, result?: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

const TEXT = 'select * from authors where id = @id'
const WRONG = 'select * from nothing_here'

type Method = 'execSql' | 'execSqlBatch' | 'callProcedure'

function ask(
  text: string,
  values: Record<string, number> = {},
  method: Method = 'execSql',
  on = connection,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = []
    const request = new Request(text, (error) => (error ? reject(error) : resolve(rows)))
    for (const [name, value] of Object.entries(values)) request.addParameter(name, TYPES.Int, value)
    request.on('row', (columns) => rows.push(columns.map((column: { value: unknown }) => column.value)))
    on[method](request)
  })
}

function prepared(text: string, values: Record<string, number>, times = 1): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = times
    const request = new Request(text, (error) => {
      if (error) reject(error)
      else if (--left > 0) setImmediate(() => connection.execute(request, values))
      else resolve()
    })
    for (const name of Object.keys(values)) request.addParameter(name, TYPES.Int, undefined)
    request.on('prepared', () => connection.execute(request, values))
    connection.prepare(request)
  })
}

describeDriver({
  name: 'tedious (scripted peer, not a live server)',
  forms: [
    ['execSql', () => ask(TEXT, { id: 3 })],
    ['execSql again', () => ask(TEXT, { id: 3 })],
    ['prepare and execute', () => prepared(TEXT, { id: 3 })],
  ],
  expected: { text: TEXT, parameters: [{ id: 3 }], rows: 1 },
  failures: [
    ['execSql', () => ask(WRONG), 'EREQUEST'],
    ['execSqlBatch', () => ask(WRONG, {}, 'execSqlBatch'), 'EREQUEST'],
    ['a value of the wrong type', () => ask(TEXT, { id: 'x' as never }), 'EPARAM'],
  ],
  pooled: [],
  address: () => ({ host: '127.0.0.1', port: peer.port, database: 'shop' }),
  hookAgain: () => instrument(tedious),
})

describe('tedious (scripted peer, not a live server)', () => {
  test('batches, procedures and writes', async () => {
    const { ended } = await record(async () => {
      await ask('select 1', {}, 'execSqlBatch')
      await ask('authors_of', { post: 4 }, 'callProcedure')
      await ask('update authors set name = name', {}, 'execSqlBatch')
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select 1', parameters: undefined, rows: 1, error: undefined },
      { text: 'exec authors_of @post', parameters: [{ post: 4 }], rows: 1, error: undefined },
      { text: 'update authors set name = name', parameters: undefined, rows: 5, error: undefined },
    ])
    expect(new Set(ended.map((message) => message.connection)).size).toBe(1)
  })

  test('a prepared statement is one execution each time it is executed', async () => {
    const { ended } = await record(() => prepared(TEXT, { id: 3 }, 3))
    expect(ended.map(facts)).toEqual(Array(3).fill({ text: TEXT, parameters: [{ id: 3 }], rows: 1, error: undefined }))
  })

  test('a bulk load is one execution', async () => {
    const { ended } = await record(() =>
      called((done) => {
        const load = connection.newBulkLoad('authors', done)
        load.addColumn('id', TYPES.Int, { nullable: false })
        connection.execBulkLoad(load, [[1], [2]])
      }),
    )
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([['insert bulk authors([id] int)', 2]])
  })

  test('transactions', async () => {
    const { ended } = await record(async () => {
      await called((done) => connection.beginTransaction(done))
      await ask('update authors set name = name')
      await called((done) => connection.saveTransaction(done, 'here'))
      await called((done) => connection.rollbackTransaction(done))
      await called((done) => connection.beginTransaction(done))
      await called((done) => connection.commitTransaction(done))
    })
    expect(ended.map(({ text, statement }) => [text, statement?.kind])).toEqual([
      ['begin transaction', 'transaction'],
      ['update authors set name = name', 'update'],
      ['save transaction', 'transaction'],
      ['rollback transaction', 'transaction'],
      ['begin transaction', 'transaction'],
      ['commit transaction', 'transaction'],
    ])
  })

  test('rows of connections that name their columns, and that collect rows', async () => {
    const named = await connect({ useColumnNames: true, rowCollectionOnRequestCompletion: true })
    const { ended } = await record(() =>
      called((done) => {
        const request = new Request('select id, author_id from posts', (error, _count, rows) => done(error, rows))
        named.execSql(request)
      }),
    )
    expect(ended[0]?.rows).toBe(8)
    expect(ended[0]?.result?.rows[0]).toEqual([1, 11])
    expect(ended[0]?.driver.columnsOf(ended[0].result?.fields)).toEqual([{ name: 'id' }, { name: 'author_id' }])
    named.close()
  })

  test('callbacks and events run in the scope of their call, on a connection that another scope opened', async () => {
    const { result: opened } = await record(() => connect(), 'opener')
    const inside: unknown[] = []
    const { scope, ended } = await record(
      () =>
        new Promise<void>((resolve, reject) => {
          const request = new Request(TEXT, (error) => {
            if (error) return reject(error)
            inside.push(currentScope())
            const next = new Request('select 2', () => resolve())
            next.on('prepared', () => {
              inside.push(currentScope())
              opened.execute(next)
            })
            opened.prepare(next)
          })
          request.addParameter('id', TYPES.Int, 1)
          const see = () => inside.push(currentScope())
          request.on('row', see)
          request.on('columnMetadata', see)
          request.on('doneInProc', see)
          opened.execSql(request)
        }),
      'asker',
    )
    expect(inside).toEqual(Array(5).fill(scope))
    expect(ended.map((message) => message.scope.name)).toEqual(['asker', 'asker'])
    opened.close()
  })

  test('what is asked in a callback that comes at once is counted too', async () => {
    const { started } = await record(async () => {
      const slow = ask('waitfor delay', {}, 'execSqlBatch')
      const refused = new Request('select 1', () => connection.execSqlBatch(new Request('select 2', () => {})))
      connection.execSqlBatch(refused)
      await slow
    })
    expect(started.map(({ text }) => text)).toEqual(['waitfor delay', 'select 1', 'select 2'])
  })

  test('resetting a connection is no question', async () => {
    const { started } = await record(() => called((done) => connection.reset(done)))
    expect(started).toEqual([])
  })

  test('a connection that is closed or busy fails as without us, and the execution ends', async () => {
    const closed = await connect()
    closed.close()
    const { ended } = await record(async () => {
      await expect(ask(TEXT, { id: 1 }, 'execSql', closed)).rejects.toMatchObject({ code: 'EINVALIDSTATE' })
      const slow = ask('waitfor delay', {}, 'execSqlBatch')
      await expect(ask(TEXT, { id: 1 })).rejects.toMatchObject({ code: 'EINVALIDSTATE' })
      await slow
    })
    expect(ended.map(({ error }) => (error as { code: string } | undefined)?.code)).toEqual([
      'EINVALIDSTATE',
      'EINVALIDSTATE',
      undefined,
    ])
  })

  test('cancelling ends with that error', async () => {
    const { ended } = await record(async () => {
      const asked = ask('waitfor delay', {}, 'execSqlBatch')
      await new Promise((resolve) => setTimeout(resolve, 20))
      connection.cancel()
      await expect(asked).rejects.toMatchObject({ code: 'ECANCEL' })
    })
    expect(ended.map(({ error }) => (error as { code: string }).code)).toEqual(['ECANCEL'])
  })

  test('an N+1 is proven, with its line and the column its values came from', async () => {
    let line = ''
    const { report } = await profile('posts', async () => {
      for (const [, author] of (await ask('select id, author_id from posts')) as number[][]) {
        line = here(1)
        await ask(TEXT, { id: author as number })
      }
    })
    const [finding] = report.findings
    expect([finding?.kind, finding?.confidence, finding?.count]).toEqual(['n-plus-one', 'proven', 8])
    expect((finding as unknown as { parent: { column: string } }).parent.column).toBe('author_id')
    // the innermost two are the helper that sends it, and the promise it makes
    expect(finding?.frames.map(({ file, line }) => `${file.split('/').at(-1)}:${line}`)[2]).toBe(line)
  })

  test.each(['Knex', 'Sequelize'])('below %s, on a warm pool of two: scope and line', async (name) => {
    const orm = name === 'Knex' ? openKnex() : openSequelize()
    await Promise.all([orm.ask(0), orm.ask(0)])
    const lines = new Set<string>()
    const requests = Array.from({ length: 6 }, (_, request) =>
      record(async () => {
        for (let index = 0; index < 6; index++) {
          lines.add(here(1))
          await orm.ask(request)
        }
      }, `request ${request}`),
    )
    const started = new Set((await Promise.all(requests)).flatMap((recording) => recording.started))
    expect(started.size).toBe(36)
    for (const { scope, parameters, callSite, orm: sender } of started) {
      const [values] = parameters as [Record<string, number>]
      const frames = callSite?.frames.map(({ line, mapped }) => `tedious.test.ts:${mapped?.line ?? line}`)
      expect([scope.name, sender]).toEqual([`request ${Object.values(values)[0]}`, name.toLowerCase()])
      expect(frames?.some((frame) => lines.has(frame))).toBe(true)
    }
    await orm.close()
  })

  test('taking the hooks out restores the methods', async () => {
    const hooked = Connection.prototype.execSql
    unpatchAll()
    expect(Connection.prototype.execSql).not.toBe(hooked)
    const { started } = await record(() => ask(TEXT, { id: 1 }))
    expect(started).toEqual([])
    instrument(tedious)
    const { started: again } = await record(() => ask(TEXT, { id: 1 }))
    expect(again.map(({ callSite }) => lineOf(callSite))).toHaveLength(1)
  })
})

interface Orm {
  readonly ask: (request: number) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

function openKnex(): Orm {
  const connection = { server: '127.0.0.1', userName: 'someone', password: 'something' }
  const options = { port: peer.port, encrypt: false, trustServerCertificate: true }
  const knex = require('knex')({ client: 'mssql', connection: { ...connection, options }, pool: { min: 2, max: 2 } })
  return { ask: async (id) => await knex('authors').where({ id }), close: () => knex.destroy() }
}

function openSequelize(): Orm {
  const sequelize = new (require('sequelize').Sequelize)('database', 'someone', 'something', {
    host: '127.0.0.1',
    port: peer.port,
    dialect: 'mssql',
    dialectModule: tedious,
    logging: false,
    pool: { max: 2 },
    dialectOptions: { options: { encrypt: false, trustServerCertificate: true } },
  })
  const text = 'select * from authors where id = $1'
  return { ask: async (id) => await sequelize.query(text, { bind: [id] }), close: () => sequelize.close() }
}
