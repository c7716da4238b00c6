import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { operationNameOf } from './graphql-field.ts'
import { subscribeRoutes, watchFrameworks } from './http-frameworks.ts'
import { maskPath, pathOf } from './http-path.ts'
import { namePath, routeOf } from './http-route.ts'
import { type CallSiteMode, Scope } from './scope.ts'
import { onceInProcess, reportFailure, state } from './state.ts'

const REQUEST_START = 'http.server.request.start'

/** Options of {@link installHttpScopes}. */
export interface HttpScopeOptions {
  /** @default 'all' */
  readonly callSites?: CallSiteMode
}

/** What Node publishes when it has read the head of a request. */
interface RequestStart {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

/** A request under way, with its scope. */
interface OpenRequest extends RequestStart {
  readonly scope: Scope
  readonly method: string
  /** As it came in: frameworks rewrite `request.url`. */
  readonly path: string
  /** Name the scope was given at the start; another one by the end is the application's. */
  readonly firstName: string
}

/**
 * Opens a scope for every request that an HTTP server of this process gets, and closes it when the response is closed.
 * Needs no middleware, sees requests that no route takes, and does nothing when called again.
 *
 * Node announces a request in the very call that goes on to run its handlers, so a scope entered there is the one they
 * run in, and everything they start.
 */
export function installHttpScopes(options: HttpScopeOptions = {}): void {
  onceInProcess('http', () => {
    const onStart = (message: unknown): void => {
      try {
        openRequest(message as RequestStart, options.callSites ?? 'all')
      } catch (error) {
        reportFailure('http request', error)
      }
    }
    subscribe(REQUEST_START, onStart)
    const undos = [subscribeRoutes(), watchFrameworks()]
    const undo = (): void => {
      unsubscribe(REQUEST_START, onStart)
      for (const undoOne of undos) undoOne()
      state.undos.delete(undo)
      state.services.delete('http')
    }
    state.undos.add(undo)
    return true
  })
}

function openRequest({ request, response, socket }: RequestStart, callSites: CallSiteMode): void {
  const path = pathOf(request.url ?? '/')
  const method = request.method ?? 'GET'
  const firstName = `${method} ${maskPath(path)}`
  const scope = new Scope({ name: firstName, kind: 'request', callSites, parent: enclosingScope() })
  const open: OpenRequest = { request, response, socket, scope, method, path, firstName }
  bindEmitter(request, scope)
  bindEmitter(response, scope, () => closeRequest(open))
  watchSocket(open)
  state.storage.enterWith(scope)
}

/**
 * The scope a server was started in, if it is still open: a test that starts its own server and calls it. What is
 * found here may also be the scope of the request before this one on the same socket, whose parent counts then.
 */
function enclosingScope(): Scope | undefined {
  let scope = state.storage.getStore()
  while (scope !== undefined && (scope.kind === 'request' || scope.isClosed)) scope = scope.parent
  return scope?.ignoreReason === undefined ? scope : undefined
}

/**
 * Makes listeners of a request or response run in its scope, whoever emits.
 *
 * From Node 24 on, what the parser emits after the head (`data`, `end`) comes without the context of the request, and
 * old body parsers lose it on every Node. Only our own storage is set: those of the application stay as they would be
 * without us. A scope opened inside the request stays current.
 */
function bindEmitter(emitter: IncomingMessage | ServerResponse, scope: Scope, afterClose?: () => void): void {
  const original = emitter.emit as (...args: unknown[]) => boolean
  function emit(this: unknown, type: unknown, ...args: unknown[]): boolean {
    try {
      if (isWithin(scope)) return Reflect.apply(original, this, [type, ...args])
      return state.storage.run(scope, () => Reflect.apply(original, this, [type, ...args]))
    } finally {
      if (type === 'close') afterClose?.()
    }
  }
  Object.defineProperty(emitter, 'emit', { value: emit, configurable: true, writable: true, enumerable: false })
}

function isWithin(scope: Scope): boolean {
  const current = state.storage.getStore()
  if (current === scope) return true
  if (current === undefined || current.isClosed) return false
  if (current.ignoreReason !== undefined) return true
  for (let outer = current.parent; outer !== undefined; outer = outer.parent) if (outer === scope) return true
  return false
}

const openOnSocket = new WeakMap<Socket, Set<OpenRequest>>()

/**
 * Closes what is left when a socket dies. Node before 24 emits no `close` for pipelined responses whose turn never came;
 * one listener per socket, since many requests share it.
 */
function watchSocket(open: OpenRequest): void {
  const known = openOnSocket.get(open.socket)
  if (known !== undefined) {
    known.add(open)
    return
  }
  const requests = new Set([open])
  openOnSocket.set(open.socket, requests)
  open.socket.once('close', () => {
    process.nextTick(() => {
      for (const request of requests) closeRequest(request)
    })
  })
}

function closeRequest(open: OpenRequest): void {
  openOnSocket.get(open.socket)?.delete(open)
  if (open.scope.isClosed) return
  try {
    describeRequest(open)
  } catch (error) {
    reportFailure('http response', error)
  }
  open.scope.close()
}

/** Attributes by the OpenTelemetry conventions for HTTP servers; `aborted` is our own value of `error.type`. */
function describeRequest({ request, response, scope, method, path, firstName }: OpenRequest): void {
  const route = routeOf(request, path)
  const pathName = namePath(path)
  const operation = operationNameOf(scope)
  if (scope.name === firstName) {
    scope.name = [method, route ?? pathName, ...(operation === undefined ? [] : [operation])].join(' ')
  }
  const { attributes } = scope
  attributes['http.request.method'] = method
  if (route !== undefined) attributes['http.route'] = route
  attributes['url.path'] = pathName
  if (response.headersSent) attributes['http.response.status_code'] = response.statusCode
  if (!response.writableFinished) attributes['error.type'] = 'aborted'
  else if (response.statusCode >= 500) attributes['error.type'] = String(response.statusCode)
}
