import { operationNameOf } from './graphql-field.ts'
import { maskPath, pathOf } from './http-path.ts'
import { namePath, routeOf } from './http-route.ts'
import { type CallSiteMode, enclosingScope, Scope } from './scope.ts'
import { reportFailure, state } from './state.ts'

/** A request under way, with its scope; of whatever version of HTTP. */
export interface HttpUnit {
  readonly scope: Scope
  readonly method: string
  /** As it came in: frameworks rewrite `request.url`. */
  readonly path: string
  /** Name the scope was given at the start; another one by the end is the application's. */
  readonly firstName: string
}

/** How a request ended. */
export interface HttpOutcome {
  /** Absent where no head was sent. */
  readonly status: number | undefined
  /** The client went away, or the server gave up, before the answer was complete. */
  readonly isAborted: boolean
}

/** Opens the scope of a request. */
export function openHttpScope(method: string, target: string, callSites: CallSiteMode): HttpUnit {
  const path = pathOf(target)
  const firstName = `${method} ${maskPath(path)}`
  const scope = new Scope({ name: firstName, kind: 'request', callSites, parent: enclosingScope() })
  return { scope, method, path, firstName }
}

/**
 * Names the scope by its route, and closes it; a second call does nothing.
 *
 * @param request as the framework knows it, if it knows it.
 */
export function closeHttpScope(unit: HttpUnit, request: object | undefined, outcomeOf: () => HttpOutcome): void {
  if (unit.scope.isClosed) return
  try {
    describe(unit, request, outcomeOf())
  } catch (error) {
    reportFailure('http response', error)
  }
  unit.scope.close()
}

/** Attributes by the OpenTelemetry conventions for HTTP servers; `aborted` is our own value of `error.type`. */
function describe(unit: HttpUnit, request: object | undefined, { status, isAborted }: HttpOutcome): void {
  const { scope, method, path, firstName } = unit
  const route = request === undefined ? undefined : routeOf(request, path)
  const pathName = namePath(path)
  const operation = operationNameOf(scope)
  if (scope.name === firstName) {
    scope.name = [method, route ?? pathName, ...(operation === undefined ? [] : [operation])].join(' ')
  }
  const { attributes } = scope
  attributes['http.request.method'] = method
  if (route !== undefined) attributes['http.route'] = route
  attributes['url.path'] = pathName
  if (status !== undefined) attributes['http.response.status_code'] = status
  if (isAborted) attributes['error.type'] = 'aborted'
  else if (status !== undefined && status >= 500) attributes['error.type'] = String(status)
}

/** What is told when an emitter emits `close`. */
export interface CloseListeners {
  /** Before the listeners of the application. */
  readonly before?: () => void
  /** After them. */
  readonly after?: () => void
}

/**
 * Makes listeners of a request, response or stream run in its scope, whoever emits.
 *
 * From Node 24 on, what the parser emits after the head (`data`, `end`) comes without the context of the request, and
 * old body parsers lose it on every Node. Only our own storage is set: those of the application stay as they would be
 * without us. A scope opened inside the request stays current.
 */
export function bindEmitter(emitter: object, scope: Scope, onClose: CloseListeners = {}): void {
  const original = (emitter as { emit: (...args: unknown[]) => boolean }).emit
  function emit(this: unknown, type: unknown, ...args: unknown[]): boolean {
    if (type === 'close') onClose.before?.()
    try {
      if (isWithin(scope)) return Reflect.apply(original, this, [type, ...args])
      return state.storage.run(scope, () => Reflect.apply(original, this, [type, ...args]))
    } finally {
      if (type === 'close') onClose.after?.()
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
