import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodeVersions } from '../node-versions.ts'
import { type AppEnd, buildPreload, type ClosedScope, HttpApp, type Protocol } from './http-app.ts'

let preload: string
beforeAll(async () => {
  preload = await buildPreload()
})

/** The parser of Node reads 64 KiB at a time: this body comes in two parts. */
const body = { text: 'x'.repeat(90_000) }

/** What every framework is asked, with the name that the path alone gives. */
const requests = [
  { method: 'GET', path: '/users/42?page=2', status: 200, masked: '/users/:id' },
  { method: 'HEAD', path: '/users/43', status: 200, masked: '/users/:id' },
  { method: 'POST', path: '/users', body, status: 201, masked: '/users' },
  { method: 'GET', path: '/users/42/failure', status: 500, masked: '/users/:id/failure' },
  { method: 'GET', path: '/api/teams/7/members/9', status: 200, masked: '/api/teams/:id/members/:id' },
  { method: 'GET', path: '/api/teams/7/members/9/failure', status: 500, masked: '/api/teams/:id/members/:id/failure' },
  { method: 'GET', path: '/stream', status: 200, masked: '/stream' },
  { method: 'GET', path: '/nowhere/0d5ee3a0-51a4-4b11-bd41-5e31d6b2a4f7', status: 404, masked: '/nowhere/:id' },
]
const rounds = 4

/** Templates as the apps give them, by path of the request. */
const routes: Record<string, string> = {
  '/users': '/users',
  '/users/42?page=2': '/users/:userId',
  '/users/43': '/users/:userId',
  '/users/42/failure': '/users/:userId/failure',
  '/api/teams/7/members/9': '/api/teams/:teamId/members/:memberId',
  '/api/teams/7/members/9/failure': '/api/teams/:teamId/members/:memberId/failure',
  '/stream': '/stream',
}

/** Express forgets the template of the path a router is mounted at. */
const expressRoutes = {
  ...routes,
  '/api/teams/7/members/9': '/api/teams/:id/members/:memberId',
  '/api/teams/7/members/9/failure': '/api/teams/:id/members/:memberId/failure',
}

/** hapi writes its templates its own way. */
const hapiRoutes = Object.fromEntries(
  Object.entries(routes).map(([path, route]) => [path, route.replaceAll(/:(\w+)/g, '{$1}')]),
)

/** `checks`: made by the handlers and middlewares of the app in one round of requests. */
const frameworks: { app: string; protocol: Protocol; routes: Record<string, string>; checks: number }[] = [
  { app: 'express.js', protocol: 'http', routes: expressRoutes, checks: 84 },
  { app: 'express-4.cjs', protocol: 'http', routes: expressRoutes, checks: 84 },
  { app: 'fastify.js', protocol: 'http', routes, checks: 84 },
  { app: 'fastify-4.js', protocol: 'http', routes, checks: 84 },
  { app: 'fastify-http2.js', protocol: 'http2', routes, checks: 84 },
  { app: 'koa.js', protocol: 'http', routes, checks: 84 },
  { app: 'koa-https.js', protocol: 'https', routes, checks: 84 },
  { app: 'koa-http2.js', protocol: 'http2', routes, checks: 84 },
  { app: 'koa-http2-secure.js', protocol: 'http2 over TLS', routes, checks: 84 },
  { app: 'koa-http2-secure.js', protocol: 'https', routes, checks: 84 },
  { app: 'hapi.js', protocol: 'http', routes: hapiRoutes, checks: 84 },
  { app: 'hono-app.js', protocol: 'http', routes: {}, checks: 84 },
  { app: 'nest-express.js', protocol: 'http', routes, checks: 33 },
  { app: 'nest-fastify.js', protocol: 'http', routes, checks: 33 },
]

function endOf(right: number): AppEnd {
  return { right, failures: [], ownFailures: 0, failureMessages: [] }
}

/** What a request leaves behind, without the numbers that differ from run to run. */
function scopeOf(method: string, masked: string, status: number | undefined, route?: string, error?: string): Summary {
  return {
    name: `${method} ${route ?? masked}`,
    kind: 'request',
    attributes: {
      'http.request.method': method,
      ...(route !== undefined && { 'http.route': route }),
      'url.path': masked,
      ...(status !== undefined && { 'http.response.status_code': status }),
      ...(error !== undefined && { 'error.type': error }),
    },
  }
}

type Summary = Omit<ClosedScope, 'id' | 'request'>

function summaryOf({ name, kind, attributes }: ClosedScope): Summary {
  return { name, kind, attributes }
}

/** Sends raw HTTP, which clients are too well-behaved to send. */
async function connectTo({ port }: HttpApp, ...parts: string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  for (const part of parts) socket.write(part)
  return socket
}

function head(method: string, path: string, ...headers: string[]): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n`
}

describe.each(nodeVersions)('on Node $version', (node) => {
  test.each(frameworks)(
    '$app over $protocol: each request has its own scope, named by its route',
    async (framework) => {
      const { app, routes, checks, protocol } = framework
      const server = await HttpApp.start(node, app, preload, protocol)
      const sent = Array.from({ length: rounds }, () => requests).flat()
      const statuses = await Promise.all(sent.map(({ method, path, body }) => server.send(method, path, body)))
      const closed = await server.closed(sent.length)
      const end = await server.stop()

      expect(statuses).toEqual(sent.map(({ status }) => status))
      const byRequest = closed.toSorted((a, b) => Number(a.request) - Number(b.request))
      expect(byRequest.map(summaryOf)).toEqual(
        sent.map(({ method, path, masked, status }) => {
          const route = routes[path]
          return scopeOf(method, masked, status, route, status === 500 ? '500' : undefined)
        }),
      )
      expect(new Set(closed.map(({ id }) => id)).size).toBe(sent.length)
      expect(end).toEqual(endOf(rounds * checks))
    },
  )

  test('express: arrays and expressions are named by the alternative that was taken', async () => {
    const server = await HttpApp.start(node, 'express.js', preload)
    for (const path of ['/first', '/second/b', '/expression-12']) await server.send('GET', path)
    const closed = await server.closed(3)
    await server.stop()
    expect(closed.map(summaryOf)).toEqual([
      scopeOf('GET', '/first', 200, '/first'),
      scopeOf('GET', '/second/b', 200, '/second/:letter'),
      scopeOf('GET', '/:id', 200, '/^\\/expression-\\d+$/'),
    ])
  })

  test('hono: one line of middleware names scopes by their route', async () => {
    const server = await HttpApp.start(node, 'hono-named.js', preload)
    for (const { method, path, body } of requests) await server.send(method, path, body)
    const closed = await server.closed(requests.length)
    await server.stop()
    const names = requests.map(({ method, path }) => `${method} ${routes[path] ?? '/*'}`)
    expect(closed.map(({ name }) => name)).toEqual(names)
  })

  test('raw http: the scope is right in every way to read a body and to write an answer', async () => {
    const server = await HttpApp.start(node, 'raw.js', preload)
    const paths = ['/users', '/old-parser', '/iterated']
    const statuses = await Promise.all([
      ...Array.from({ length: 12 }, (_, index) => server.send('POST', paths[index % 3] as string, body)),
      ...Array.from({ length: 4 }, () => server.send('GET', '/stream')),
      ...Array.from({ length: 4 }, () => server.send('GET', '/close-listener')),
      server.send('GET', '/removed-listeners'),
      server.send('OPTIONS', '/nowhere'),
    ])
    const closed = await server.closed(22)
    const { right, failures } = await server.stop()
    expect(statuses).toEqual([...Array(12).fill(201), ...Array(9).fill(200), 404])
    expect(closed.map(({ name }) => name).toSorted()).toEqual(
      [
        ...Array(4).fill(['POST /users', 'POST /old-parser', 'POST /iterated', 'GET /stream', 'GET /close-listener']),
        'GET /removed-listeners',
        'OPTIONS /nowhere',
      ]
        .flat()
        .toSorted(),
    )
    expect(failures).toEqual([])
    // work in 12 posts and one other, four streams, four pairs of listeners; the parts of a body differ in number
    expect(right).toBeGreaterThanOrEqual(13 * 6 + 4 * 4 + 4 * 2 + 8)
  })

  test('http2: the scope is right in streams that are answered by hand', async () => {
    const server = await HttpApp.start(node, 'http2-streams.js', preload, 'http2')
    const statuses = await Promise.all([
      ...Array.from({ length: 12 }, () => server.send('POST', '/users', body)),
      ...Array.from({ length: 4 }, () => server.send('GET', '/stream')),
      ...Array.from({ length: 12 }, (_, index) => server.send('GET', `/users/${index}`)),
      server.send('GET', '/pushed'),
    ])
    const closed = await server.closed(29)
    const { right, failures, ownFailures } = await server.stop()
    expect(statuses).toEqual([...Array(12).fill(201), ...Array(17).fill(200)])
    expect(closed.map(({ name }) => name).toSorted()).toEqual(
      [
        Array(12).fill('POST /users'),
        Array(4).fill('GET /stream'),
        Array(12).fill('GET /users/:id'),
        // what it pushes is part of it
        'GET /pushed',
      ]
        .flat()
        .toSorted(),
    )
    expect({ failures, ownFailures }).toEqual({ failures: [], ownFailures: 0 })
    // the parts of a body differ in number
    expect(right).toBeGreaterThanOrEqual(24 * 6 + 4 * 5 + 12)
  })

  test('http2: a scope is closed once when the client goes away, or the server, and says so', async () => {
    const server = await HttpApp.start(node, 'http2-streams.js', preload, 'http2')
    await server.abort('/never-ended')
    await server.abort('/half-written')
    await server.send('GET', '/destroyed').catch(() => {})
    await server.send('GET', '/refused').catch(() => {})
    expect(await server.send('GET', '/users/1')).toBe(200)
    const closed = await server.closed(5)
    const { failures, ownFailures } = await server.stop()
    expect(closed.map(summaryOf)).toEqual([
      scopeOf('GET', '/never-ended', undefined, undefined, 'aborted'),
      scopeOf('GET', '/half-written', 200, undefined, 'aborted'),
      scopeOf('GET', '/destroyed', undefined, undefined, 'aborted'),
      scopeOf('GET', '/refused', undefined, undefined, 'aborted'),
      scopeOf('GET', '/users/:id', 200),
    ])
    expect({ failures, ownFailures }).toEqual({ failures: [], ownFailures: 0 })
  })

  test('pipelined requests have a scope each', async () => {
    const server = await HttpApp.start(node, 'raw.js', preload)
    const text = JSON.stringify({ text: 'short' })
    const post = `${head('POST', '/users', 'x-request-id: b', `Content-Length: ${text.length}`)}${text}`
    const get = head('GET', '/last', 'x-request-id: c')
    const socket = await connectTo(server, head('GET', '/users/1', 'x-request-id: a') + post + get)
    const closed = await server.closed(3)
    socket.destroy()
    const end = await server.stop()
    expect(closed.map(({ request, name }) => [request, name])).toEqual([
      ['a', 'GET /users/:id'],
      ['b', 'POST /users'],
      ['c', 'GET /last'],
    ])
    expect(end).toEqual(endOf(3 * 6 + 1))
  })

  test('a scope is closed once when the client goes away, or the server, and says so', async () => {
    const server = await HttpApp.start(node, 'raw.js', preload)
    const cases = [
      [head('GET', '/never-ended'), scopeOf('GET', '/never-ended', undefined, undefined, 'aborted')],
      [head('GET', '/half-written'), scopeOf('GET', '/half-written', 200, undefined, 'aborted')],
      [head('GET', '/destroyed'), scopeOf('GET', '/destroyed', undefined, undefined, 'aborted')],
      [
        `${head('POST', '/users', 'Content-Length: 100')}{"text`,
        scopeOf('POST', '/users', undefined, undefined, 'aborted'),
      ],
    ] as const
    for (const [index, [text, scope]] of cases.entries()) {
      const socket = await connectTo(server, text)
      setTimeout(() => socket.destroy(), 50)
      const closed = await server.closed(index + 1)
      expect(summaryOf(closed[index] as ClosedScope)).toEqual(scope)
    }
    expect(await server.send('GET', '/users/1')).toBe(200)
    expect(await server.closed(cases.length + 1)).toHaveLength(cases.length + 1)
    const { failures, ownFailures } = await server.stop()
    expect({ failures, ownFailures }).toEqual({ failures: [], ownFailures: 0 })
  })

  test('pipelined requests whose turn never came are closed with their socket', async () => {
    const server = await HttpApp.start(node, 'raw.js', preload)
    const post = `${head('POST', '/never-ended', 'Content-Length: 2')}{}`
    const socket = await connectTo(server, post + post + head('GET', '/half-written'))
    setTimeout(() => socket.destroy(), 50)
    const closed = await server.closed(3)
    await server.stop()
    expect(closed.map(({ name, attributes }) => [name, attributes['error.type']]).toSorted()).toEqual([
      ['GET /half-written', 'aborted'],
      ['POST /never-ended', 'aborted'],
      ['POST /never-ended', 'aborted'],
    ])
  })

  test('a request that is upgraded goes its way without a scope', async () => {
    const server = await HttpApp.start(node, 'raw.js', preload)
    const upgrade = head('GET', '/socket', 'Connection: Upgrade', 'Upgrade: echo')
    const socket = await connectTo(server, upgrade)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 101 /)
    expect(await server.send('GET', '/users/1')).toBe(200)
    expect((await server.closed(1)).map(({ name }) => name)).toEqual(['GET /users/:id'])
    expect((await server.stop()).ownFailures).toBe(0)
  })

  test('the application sees its own contexts and objects as without nonplus', async () => {
    const run = promisify(execFile)
    const file = fileURLToPath(new URL('../apps/http/own-storage.js', import.meta.url))
    const [without, watched] = await Promise.all([
      run(node.execPath, [file]),
      run(node.execPath, ['--import', preload, file]),
    ])
    expect(watched).toEqual(without)
    expect(JSON.parse(watched.stdout)).toContain('finish: answer')
  })
})
