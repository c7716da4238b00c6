import { createRequire } from 'node:module'
import * as neon from '@neondatabase/serverless'
import * as vercel from '@vercel/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { createDatabase } from '../create-database.ts'
import { NeonServer } from '../neon-server.ts'
import { describeDriver, facts } from './driver-contract.ts'
import { findLoop, provenLoop } from './n-plus-one-of.ts'
import { addressIn, record } from './record.ts'

const url = await createDatabase('neon')
const server = await NeonServer.start(url)

/** The copies in this process: both formats of the newest, and the older one inside `@vercel/postgres`. */
const require = createRequire(import.meta.url)
const ofVercel = createRequire(require.resolve('@vercel/postgres'))
const inVercel = (await import(ofVercel.resolve('@neondatabase/serverless').replace('.js', '.mjs'))) as typeof neon
const common = require('@neondatabase/serverless') as typeof neon

for (const copy of [neon, common, inVercel]) {
  instrument(copy)
  const { neonConfig } = copy
  neonConfig.webSocketConstructor = WebSocket
  neonConfig.wsProxy = () => `${server.host}/v1`
  neonConfig.useSecureWebSocket = false
  neonConfig.pipelineConnect = false
  neonConfig.fetchEndpoint = () => `http://${server.host}/sql`
}

const TEXT = 'select * from authors where id = $1'
const pool = new neon.Pool({ connectionString: url, max: 2 })
const client = new neon.Client(url)
const sql = neon.neon(url)

beforeAll(async () => {
  await client.connect()
  await client.query('create table authors (id int primary key, name text)')
  await client.query("insert into authors select n, 'author ' || n from generate_series(1, 20) n")
  await client.query('create table posts (id int primary key, author_id int)')
  await client.query('insert into posts select n, n from generate_series(1, 12) n')
  await Promise.all([pool.query('select 1'), pool.query('select 1')])
})

afterAll(async () => {
  await pool.end()
  await client.end()
  await server.stop()
})

type Done = (error: Error | null | undefined, result: unknown) => void

function called(call: (done: Done) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)))
  })
}

async function withClient<Result>(use: (client: neon.PoolClient) => Promise<Result>): Promise<Result> {
  const checkedOut = await pool.connect()
  try {
    return await use(checkedOut)
  } finally {
    checkedOut.release()
  }
}

describeDriver({
  name: 'neon through a WebSocket',
  forms: [
    ['client: text and values', () => client.query(TEXT, [3])],
    ['client: named prepared', () => client.query({ name: 'by-id', text: TEXT, values: [3] })],
    ['client: array rows', () => client.query({ text: TEXT, values: [3], rowMode: 'array' })],
    ['client: callback', () => called((done) => client.query(TEXT, [3], done))],
    ['pool: text and values', () => pool.query(TEXT, [3])],
    ['pool: callback', () => called((done) => pool.query(TEXT, [3], done))],
    ['pool: checkout', () => withClient((checkedOut) => checkedOut.query(TEXT, [3]))],
  ],
  expected: { text: TEXT, parameters: [3], rows: 1 },
  failures: [
    ['client', () => client.query('select * from nothing_here'), '42P01'],
    ['pool', () => pool.query('select * from nothing_here'), '42P01'],
    ['pool, callback', () => called((done) => pool.query('select * from nothing_here', done)), '42P01'],
  ],
  pooled: [
    ['promise', (request) => pool.query('select $1::int as request', [request])],
    ['callback', (request) => called((done) => pool.query('select $1::int as request', [request], done))],
    ['checkout', (request) => withClient((checkedOut) => checkedOut.query('select $1::int as request', [request]))],
  ],
  address: () => addressIn(url),
  poolSize: 2,
  hookAgain: () => instrument(neon),
})

const overHttp = common.neon(url)

describeDriver({
  name: 'neon over HTTP',
  forms: [
    ['template', async () => await sql`select * from authors where id = ${3}`],
    ['query', async () => await sql.query(TEXT, [3])],
    ['query, full results', async () => await sql.query(TEXT, [3], { fullResults: true })],
    ['then', async () => await new Promise((resolve, reject) => void sql.query(TEXT, [3]).then(resolve, reject))],
    ['CommonJS', async () => await overHttp`select * from authors where id = ${3}`],
  ],
  expected: { text: TEXT, parameters: ['3'], rows: 1 },
  sent: String,
  failures: [
    ['template', async () => await sql`select * from nothing_here`, '42P01'],
    ['query', async () => await sql.query('select 1 / $1::int', [0]), '22012'],
  ],
  pooled: [['template', async (request) => await sql.query('select $1::int as request', [request])]],
  address: () => addressIn(url),
  hookAgain: () => instrument(neon),
})

describe('over HTTP', () => {
  test('a transaction that is sent at once is a statement each', async () => {
    const { ended, result } = await record(() =>
      sql.transaction([sql`select ${1}::int as a`, sql`select ${2}::int as b`]),
    )
    expect(result).toEqual([[{ a: 1 }], [{ b: 2 }]])
    expect(ended.map(({ text, rows, callSite }) => [text, rows, callSite !== undefined])).toEqual([
      ['select $1::int as a', 1, true],
      ['select $1::int as b', 1, true],
    ])
  })

  test('a pool that fetches is one execution per call', async () => {
    neon.neonConfig.poolQueryViaFetch = true
    const { ended } = await record(() => pool.query(TEXT, [4]))
    neon.neonConfig.poolQueryViaFetch = false
    expect(ended.map(({ text, rows }) => [text, rows])).toEqual([[TEXT, 1]])
  })

  test('a function of the application for fetching is called, and an endpoint that is away fails as it does', async () => {
    const urls: unknown[] = []
    neon.neonConfig.fetchFunction = (address: string, init: RequestInit) => {
      urls.push(address)
      return urls.length > 1 ? fetch('http://127.0.0.1:1/') : fetch(address, init)
    }
    const { ended } = await record(async () => {
      await sql`select 1`
      await expect((async () => await sql`select 2`)()).rejects.toThrow('Error connecting to database')
    })
    neon.neonConfig.fetchFunction = undefined
    expect(urls).toHaveLength(2)
    expect(ended.map(({ error }) => error === undefined)).toEqual([true, false])
  })
})

describe('@vercel/postgres', () => {
  const local = url.replace('127.0.0.1', 'localhost')

  test('its pool, its client and its templates', async () => {
    const own = vercel.createPool({ connectionString: local, max: 1 })
    const one = vercel.createClient({ connectionString: local })
    await one.connect()
    await own.query('select 1')
    const { ended, scope } = await record(async () => {
      await own.query(TEXT, [3])
      await own.sql`select * from authors where id = ${3}`
      await one.sql`select * from authors where id = ${3}`
      const checkedOut = await own.connect()
      await checkedOut.sql`select * from authors where id = ${3}`
      checkedOut.release()
    })
    expect(ended.map(({ text, rows, error, parameters }) => [text, rows, error, String(parameters)])).toEqual(
      Array(4).fill([TEXT, 1, undefined, '3']),
    )
    expect(ended.every((message) => message.scope === scope && message.callSite !== undefined)).toBe(true)
    expect([...state.drivers.values()].map(({ name, version }) => `${name} ${version}`)).toContain(
      '@neondatabase/serverless 1.2.0',
    )
    await own.end()
    await one.end()
  })

  test.each([false, true])('a loop is proven; at once: %s', async (atOnce) => {
    const own = vercel.createPool({ connectionString: local, max: 2 })
    const posts = async () => (await own.sql<{ author_id: number }>`select id, author_id from posts`).rows
    const author = (id: number) => own.sql`select name from authors where id = ${id}`
    expect(await findLoop(posts, author, atOnce)).toEqual(provenLoop)
    await own.end()
  })
})

test.each([false, true])(
  'a loop through a pool is proven, with its line and its parent; at once: %s',
  async (atOnce) => {
    const posts = async () => (await pool.query('select id, author_id from posts')).rows
    const author = (id: number) => pool.query('select name from authors where id = $1', [id])
    expect(await findLoop(posts, author, atOnce)).toEqual(provenLoop)
  },
)

test.each([false, true])('a loop over HTTP is proven, with its line and its parent; at once: %s', async (atOnce) => {
  const posts = async () => (await sql`select id, author_id from posts`) as { author_id: number }[]
  const author = async (id: number) => await sql`select name from authors where id = ${id}`
  expect(await findLoop(posts, author, atOnce)).toEqual(provenLoop)
})

test('taking the hooks out restores the function that fetches', async () => {
  unpatchAll()
  expect(neon.neonConfig.fetchFunction).toBeUndefined()
  const { started } = await record(async () => {
    await sql`select 1`
    await pool.query('select 1')
  })
  expect(started.map(facts)).toEqual([])
})
