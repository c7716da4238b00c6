import { once } from 'node:events'
import { createServer, type OutgoingHttpHeaders, request, type Server, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { state } from '../../src/instrument/state.ts'
import { createProfiler } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'

let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: await createDatabase('timing'), max: 2 })
  await pool.query('create table posts (id int, author_id int)')
  await pool.query('create table users (id int)')
  await pool.query('insert into posts select i, 10 + i from generate_series(1, 3) i')
  createProfiler({ serverTiming: true })
  instrument(pg)
})

afterEach(() => {
  expect(state.failureMessages.splice(0)).toEqual([])
})

afterAll(async () => {
  await pool.end()
  unpatchAll()
})

async function loop(): Promise<void> {
  const { rows } = await pool.query('select * from posts')
  for (const { author_id } of rows) await pool.query('select * from users where id = $1', [author_id])
}

/** The header, with its time taken out. */
const LOOP = 'db;dur=…;desc="4 queries", n1;desc="1"'
const NOTHING = 'db;dur=…;desc="0 queries"'

function withoutTime(value: unknown): string {
  return String(value).replaceAll(/dur=\d+\.\d\b/g, 'dur=…')
}

async function ask(
  server: Server,
  path = '/',
): Promise<{ timing: string | undefined; status: number | undefined; raw: string[] }> {
  const { port } = server.address() as AddressInfo
  const [response] = await once(request({ port, path, agent: false }).end(), 'response')
  response.resume()
  await once(response, 'end')
  const timing = response.headers['server-timing']
  return {
    timing: timing === undefined ? undefined : withoutTime(timing),
    status: response.statusCode,
    raw: response.rawHeaders,
  }
}

async function serve(handle: (response: ServerResponse, path: string) => unknown): Promise<Server> {
  const server = createServer((incoming, response) => void handle(response, incoming.url as string))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function answer(handle: (response: ServerResponse) => unknown): ReturnType<typeof ask> {
  const server = await serve(handle)
  try {
    return await ask(server)
  } finally {
    server.close()
  }
}

describe('over HTTP/1', () => {
  const OWN = 'cache;desc="hit"'
  const ways: [name: string, handle: (response: ServerResponse) => unknown, expected: string][] = [
    ['by end()', (response) => response.end('done'), NOTHING],
    ['by write()', (response) => response.write('do') && response.end('ne'), NOTHING],
    ['by flushHeaders()', (response) => response.flushHeaders() ?? response.end(), NOTHING],
    ['by writeHead()', (response) => response.writeHead(200).end(), NOTHING],
    ['by writeHead() with a text', (response) => response.writeHead(200, 'Fine').end(), NOTHING],
    ['by writeHead() with headers', (response) => response.writeHead(200, { 'x-own': 'yes' }).end(), NOTHING],
    [
      'by writeHead() with a text and headers',
      (response) => response.writeHead(200, 'Fine', { 'x-own': 'yes' }).end(),
      NOTHING,
    ],
    ['by writeHead() with a list', (response) => response.writeHead(200, ['x-own', 'yes'] as never).end(), NOTHING],
    ['beside one that was set', (response) => response.setHeader('server-timing', OWN).end(), `${OWN}, ${NOTHING}`],
    [
      'beside several',
      (response) => response.setHeader('Server-Timing', [OWN, 'a;dur=1.0']).end(),
      `${OWN}, a;dur=…, ${NOTHING}`,
    ],
    [
      'beside one of writeHead()',
      (response) => response.writeHead(200, { 'SERVER-timing': OWN }).end(),
      `${OWN}, ${NOTHING}`,
    ],
    [
      'beside one of a list',
      (response) => response.writeHead(200, ['Server-Timing', OWN] as never).end(),
      `${OWN}, ${NOTHING}`,
    ],
    [
      'beside one that was set, with other headers in writeHead()',
      (response) => response.setHeader('Server-Timing', OWN).writeHead(200, { 'x-own': 'yes' }).end(),
      `${OWN}, ${NOTHING}`,
    ],
    [
      'beside one that was set, with other headers in a list',
      (response) =>
        response
          .setHeader('Server-Timing', OWN)
          .writeHead(200, ['x-own', 'yes'] as never)
          .end(),
      `${OWN}, ${NOTHING}`,
    ],
    [
      'instead of one that writeHead() replaces',
      (response) => response.setHeader('Server-Timing', 'old').writeHead(200, { 'Server-Timing': OWN }).end(),
      `${OWN}, ${NOTHING}`,
    ],
  ]
  test.each(ways)('%s', async (_name, handle, expected) => {
    const { timing, status, raw } = await answer(handle)
    expect([timing, status]).toEqual([expected, 200])
    const hasOwn = /x-own/.test(String(handle))
    expect(raw.includes('x-own')).toBe(hasOwn)
  })

  test('queries, their time, and the N+1 queries among them', async () => {
    const { timing } = await answer(async (response) => {
      await loop()
      response.end('done')
    })
    expect(timing).toBe(LOOP)
  })

  test('what is known when the head is written: a stream has it to that point', async () => {
    const { timing } = await answer(async (response) => {
      await pool.query('select 1')
      response.write('head')
      await loop()
      response.end('done')
    })
    expect(timing).toBe('db;dur=…;desc="1 query"')
  })

  test('each answer has its own', async () => {
    const server = await serve(async (response, path) => {
      for (let turn = 0; turn < Number(path.slice(1)); turn++) await pool.query(`select ${path.slice(1)} as turn`)
      response.end()
    })
    const answers = await Promise.all([1, 2, 3, 4].map((count) => ask(server, `/${count}`)))
    server.close()
    expect(answers.map(({ timing }) => /\d+ quer\w+/.exec(timing ?? '')?.[0])).toEqual([
      '1 query',
      '2 queries',
      '3 queries',
      '4 queries',
    ])
  })

  test('an error of the application in writeHead() stays one', async () => {
    let failure: unknown
    await answer((response) => {
      response.write('sent')
      try {
        response.writeHead(500)
      } catch (error) {
        failure = error
      }
      response.end()
    })
    expect(failure).toMatchObject({ code: 'ERR_HTTP_HEADERS_SENT' })
  })

  test('what is not true of the head is not added', async () => {
    const { timing, status } = await answer((response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.writeHead(204).end()
    })
    expect([timing, status]).toEqual([NOTHING, 204])
  })
})

describe('over HTTP/2', () => {
  async function askHttp2(
    listen: (server: ReturnType<typeof createHttp2Server>) => void,
  ): Promise<OutgoingHttpHeaders> {
    const server = createHttp2Server()
    listen(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const stream = session.request({ ':path': '/' })
    const [headers] = await once(stream, 'response')
    stream.resume()
    await once(stream, 'end')
    session.close()
    server.close()
    return headers
  }

  test('requests and responses', async () => {
    const headers = await askHttp2((server) => {
      server.on('request', async (_request, response) => {
        await loop()
        response.setHeader('server-timing', 'cache')
        response.end('done')
      })
    })
    expect(withoutTime(headers['server-timing'])).toBe(`cache, ${LOOP}`)
    expect(headers[':status']).toBe(200)
  })

  test('streams', async () => {
    const headers = await askHttp2((server) => {
      server.on('stream', async (stream: ServerHttp2Stream) => {
        await loop()
        stream.respond({ ':status': 201, 'x-own': 'yes' })
        stream.end('done')
      })
    })
    expect(withoutTime(headers['server-timing'])).toBe(LOOP)
    expect(headers).toMatchObject({ ':status': 201, 'x-own': 'yes' })
  })
})

describe('frameworks', () => {
  test('Express', async () => {
    const app = createRequire(import.meta.url)('express')()
    app.get('/', async (_request: unknown, response: { json(body: object): void }) => {
      await loop()
      response.json({ done: true })
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect((await ask(server)).timing).toBe(LOOP)
    server.close()
  })

  test('Fastify', async () => {
    const app = Fastify()
    app.get('/', async (_request, reply) => {
      await loop()
      reply.header('server-timing', 'cache')
      return { done: true }
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    expect((await ask(app.server)).timing).toBe(`cache, ${LOOP}`)
    await app.close()
  })
})

describe('where it is not asked for', () => {
  const timing = (options: Parameters<typeof createProfiler>[0], env: string | undefined): boolean => {
    const { NODE_ENV } = process.env
    state.serverTiming = undefined
    try {
      process.env.NODE_ENV = env
      createProfiler(options).stop()
      return state.serverTiming !== undefined
    } finally {
      process.env.NODE_ENV = NODE_ENV
    }
  }

  test('there is none: by default, in production, without scopes of requests', () => {
    expect(timing({}, 'development')).toBe(false)
    expect(timing({ serverTiming: true }, 'development')).toBe(true)
    expect(timing({ serverTiming: true }, 'production')).toBe(false)
    expect(timing({ serverTiming: 'always' }, 'production')).toBe(true)
    expect(timing({ serverTiming: true, http: false }, 'development')).toBe(false)
    state.serverTiming = undefined
  })

  test('a wrong value fails at the start', () => {
    expect(() => createProfiler({ serverTiming: 'yes' as never })).toThrow(
      '`serverTiming` must be true, false or \'always\', but got: "yes".',
    )
  })
})
