import { maskPath, PathVocabulary } from './http-path.ts'
import type { Scope } from './scope.ts'
import { onceInProcess, state } from './state.ts'

/** Reads the route of a request when its scope closes: a template, a RegExp, a list of them, or nothing. */
type RouteReader = () => unknown

const readers: WeakMap<object, RouteReader> = onceInProcess('http-routes', () => new WeakMap())
const vocabulary = new PathVocabulary()

/** Lets a framework tell how the route of a request is read, by the `IncomingMessage` of Node. */
export function noteRoute(request: unknown, read: RouteReader): void {
  if (typeof request === 'object' && request !== null) readers.set(request, read)
}

/**
 * Route template of a request, or undefined where no framework told one.
 *
 * Express keeps it on the request: `route.path` is relative to the routers it is mounted in. `baseUrl` is what these
 * matched, with the values in it, and Express takes it back while an error goes outwards. So the prefix is taken from
 * the path where the template says how long it is.
 *
 * @param path of the request as it came in, not masked.
 */
export function routeOf(request: object, path: string): string | undefined {
  const noted = readers.get(request)?.()
  if (noted !== undefined && noted !== null) return completeRoute(noted, '', path)
  const next = nextRouteOf(request)
  if (next !== undefined) return next
  const { route, baseUrl } = request as { route?: { path?: unknown } | null; baseUrl?: unknown }
  if (typeof route !== 'object' || route?.path === undefined) return undefined
  return completeRoute(route.path, typeof baseUrl === 'string' ? baseUrl : '', path)
}

/** Next.js keeps what it matched on the request, under a symbol of every copy: `/posts/[slug]`. */
const NEXT_META = Symbol.for('NextInternalRequestMeta')

interface NextMeta {
  readonly match?: { readonly definition?: { readonly pathname?: unknown } }
}

function nextRouteOf(request: object): string | undefined {
  const pathname = (request as Record<symbol, NextMeta | undefined>)[NEXT_META]?.match?.definition?.pathname
  // its own pages, such as the one for what was not found
  return typeof pathname === 'string' && !pathname.startsWith('/_') ? pathname : undefined
}

/** Name of a path that has no route, from a bounded set of names. */
export function namePath(path: string): string {
  return vocabulary.limit(maskPath(path))
}

/**
 * Renames the scope of the request that is being handled. For frameworks that do not tell their route; with Hono:
 * `app.use(async (c, next) => { await next(); nameScope(`${c.req.method} ${routePath(c, -1)}`) })`.
 * Does nothing outside a request.
 *
 * @param name of a bounded set: a route template, not a path with ids in it.
 * @throws TypeError where the name is empty.
 */
export function nameScope(name: string): void {
  if (typeof name !== 'string' || name.trim() === '') {
    throw new TypeError(`nameScope(name): name must be a text that is not empty, but got: ${JSON.stringify(name)}.`)
  }
  let scope: Scope | undefined = state.storage.getStore()
  while (scope !== undefined && scope.kind !== 'request') scope = scope.parent
  if (scope !== undefined) scope.name = name
}

function completeRoute(route: unknown, base: string, path: string): string | undefined {
  if (Array.isArray(route)) {
    const alternatives: unknown[] = route
    const taken = alternatives.find((one) => typeof one === 'string' && prefixOf(one, path) !== undefined)
    return completeRoute(taken ?? alternatives[0], base, path)
  }
  if (route instanceof RegExp) return joinRoute(base, String(route))
  if (typeof route !== 'string') return undefined
  return joinRoute(prefixOf(route, path) ?? base, route)
}

function joinRoute(base: string, route: string): string {
  const prefix = base === '' || base === '/' ? '' : namePath(base)
  const rest = route === '/' && prefix !== '' ? '' : route
  return rest === '' || /^[/*]/.test(rest) ? prefix + rest || '/' : `${prefix}/${rest}`
}

/** What is left of `path` in front of a template; undefined where the template has no fixed length or does not fit. */
function prefixOf(template: string, path: string): string | undefined {
  const plain = template.replace(/\([^)]*\)/g, ':')
  if (/[*?+{[]/.test(plain)) return undefined
  const expected = segmentsOf(plain)
  const actual = segmentsOf(path)
  const offset = actual.length - expected.length
  if (offset < 0) return undefined
  const fits = expected.every((segment, index) => segment.includes(':') || isSame(segment, actual[offset + index]))
  return fits ? ['', ...actual.slice(0, offset)].join('/') : undefined
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function isSame(expected: string, actual: string | undefined): boolean {
  return actual?.toLowerCase() === expected.toLowerCase()
}
