import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { scopeEnd } from '../../src/instrument/channel.ts'
import { installHttpScopes } from '../../src/instrument/http.ts'
import { nameScope, noteRoute, routeOf } from '../../src/instrument/http-route.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope, runIn, Scope } from '../../src/instrument/scope.ts'

const Koa = createRequire(import.meta.url)('koa') as { prototype: { createContext(): unknown } }

afterEach(unpatchAll)

/** Requests as Express leaves them behind. */
const express = [
  { what: 'a route of the app', path: '/users/42', route: '/users/:id', expected: '/users/:id' },
  { what: 'a router', path: '/users/42', base: '/users', route: '/:id', expected: '/users/:id' },
  { what: 'the root of a router', path: '/users', base: '/users', route: '/', expected: '/users' },
  { what: 'the root of the app', path: '/', route: '/', expected: '/' },
  { what: 'a trailing slash', path: '/users/42/', base: '/users', route: '/:id', expected: '/users/:id' },
  { what: 'another case', path: '/Users/42', route: '/users/:id', expected: '/users/:id' },
  {
    what: 'a mount path with values',
    path: '/teams/7/logo',
    base: '/teams/7',
    route: '/logo',
    expected: '/teams/:id/logo',
  },
  {
    what: 'an error that took the base back',
    path: '/api/users/42',
    base: '',
    route: '/:id',
    expected: '/api/users/:id',
  },
  { what: 'a pattern of a parameter', path: '/api/42', base: '', route: '/:id(\\d+)', expected: '/api/:id(\\d+)' },
  { what: 'a wildcard', path: '/files/a/b', base: '/files', route: '/*path', expected: '/files/*path' },
  { what: 'a wildcard of Express 4', path: '/any/where', base: '', route: '*', expected: '*' },
  { what: 'an optional part', path: '/a', base: '', route: '/a{/:b}', expected: '/a{/:b}' },
  { what: 'a rewritten url', path: '/old/7', base: '/new', route: '/:id/edit', expected: '/new/:id/edit' },
  { what: 'a list', path: '/b/7', base: '', route: ['/a', '/b/:id'], expected: '/b/:id' },
  { what: 'an expression', path: '/x/7', base: '/x', route: /^\/(\d)$/, expected: '/x/^\\/(\\d)$/' },
  { what: 'no path', path: '/x', base: '', route: undefined, expected: undefined },
  { what: 'a path of another kind', path: '/x', base: '', route: 7, expected: undefined },
]

describe('the route of a request', () => {
  test.each(express)('$what: $path is $expected', ({ path, base, route, expected }) => {
    expect(routeOf({ baseUrl: base, route: { path: route } }, path)).toBe(expected)
  })

  test('a request that no framework touched has none', () => {
    expect([{}, { route: null }, { route: 'users' }].map((request) => routeOf(request, '/x'))).toEqual(
      Array(3).fill(undefined),
    )
  })

  test('what a framework noted comes first, and is read late', () => {
    const request = { route: { path: '/other' } }
    let route: string | undefined
    noteRoute(request, () => route)
    route = '/users/:id'
    expect(routeOf(request, '/users/42')).toBe('/users/:id')
  })
})

describe('nameScope', () => {
  test('renames the request, also from inside a block', () => {
    const request = new Scope({ name: 'GET /users/:id', kind: 'request' })
    const block = new Scope({ name: 'block', kind: 'block', parent: request })
    runIn(block, () => nameScope('GET /users/:userId'))
    expect([request.name, block.name]).toEqual(['GET /users/:userId', 'block'])
  })

  test('does nothing outside a request', () => {
    const block = new Scope({ name: 'block', kind: 'block' })
    nameScope('GET /')
    runIn(block, () => nameScope('GET /'))
    expect(block.name).toBe('block')
  })

  test.each([
    ['', '""'],
    [' ', '" "'],
    [7, '7'],
    [undefined, 'undefined'],
  ])('refuses %j', (name, shown) => {
    expect(() => nameScope(name as string)).toThrow(
      new TypeError(`nameScope(name): name must be a text that is not empty, but got: ${shown}.`),
    )
  })
})

/** Sends one request to a server that is started for it, and returns what its handler saw. */
async function scopeOfRequest(): Promise<Scope | undefined> {
  let seen: Scope | undefined
  const server = createServer((_request, response) => {
    seen = currentScope()
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await ask((server.address() as AddressInfo).port)
  server.close()
  return seen
}

async function ask(port: number): Promise<void> {
  const [response] = await once(get({ port, host: '127.0.0.1', path: '/', agent: false }), 'response')
  await once(response.resume(), 'end')
}

describe('installing', () => {
  test('twice makes one scope for a request; undone, none; and again, one', async () => {
    const closed: unknown[] = []
    const onEnd = (scope: unknown): void => void closed.push(scope)
    scopeEnd.subscribe(onEnd)
    installHttpScopes({ callSites: 'none' })
    installHttpScopes()
    const first = await scopeOfRequest()
    unpatchAll()
    const second = await scopeOfRequest()
    installHttpScopes()
    const third = await scopeOfRequest()
    scopeEnd.unsubscribe(onEnd)
    expect([first?.kind, first?.callSites, second, third?.callSites]).toEqual(['request', 'none', undefined, 'all'])
    expect(closed).toEqual([first, third])
  })

  test('a server that was started in an open scope: its requests count there too', async () => {
    installHttpScopes()
    const block = new Scope({ name: 'a test', kind: 'test' })
    const request = await runIn(block, scopeOfRequest)
    expect([request?.kind, request?.parent]).toEqual(['request', block])
    block.close()
    expect((await runIn(block, scopeOfRequest))?.parent).toBeUndefined()
  })

  test('Koa that was loaded before is hooked, and let go', async () => {
    installHttpScopes()
    const hooked = Koa.prototype.createContext
    unpatchAll()
    const original = Koa.prototype.createContext
    expect(hooked).not.toBe(original)
    expect([hooked.name, hooked.length]).toEqual([original.name, original.length])
  })
})
