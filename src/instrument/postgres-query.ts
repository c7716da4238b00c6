import { callIn } from './call-in.ts'
import { captureCallSite } from './call-site.ts'
import { strayStart } from './channel.ts'
import { now } from './clock.ts'
import { connectionOf } from './connection.ts'
import type { DriverInfo, RawResult, StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { askForOptions, optionsOfQuery } from './postgres-options.ts'
import { RowSample } from './row-sample.ts'
import { filingScope } from './scope.ts'
import { type Origin, originOf, startStatement } from './start-statement.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's own objects
type Any = any

/** A query on its way: its text is known only when a connection builds it. */
interface Pending {
  readonly query: Any
  readonly driver: DriverInfo
  readonly origin: Origin
  /** Absent until it is built, and where nothing is to be recorded. */
  message: StatementMessage | undefined
  hasStarted: boolean
  /** Takes away what was put into the query; see `askForOptions`. */
  readonly restore: () => void
  /** Of the rows that went to a cursor or to `forEach`. */
  readonly sample: RowSample
}

const PENDING = Symbol('nonplus.pending')

/**
 * Makes the queries of postgres.js publish. `handle` is where one is sent for, once, in the context of whoever awaited
 * or executed it. There the scope is noted; text and values come later, when a connection builds the query.
 *
 * An `await` calls `then` from a job, with no stack. So what `then` subscribes to is a promise of ours that settles as
 * the query does, from where V8 can follow the chain of awaiting functions (see `settleWithCallSite`).
 */
export function wrapPostgresQuery(prototype: Any, driver: DriverInfo): void {
  wrapMethod(prototype, 'handle', (original, wrapping) => {
    return function handle(this: Any, ...args: unknown[]): unknown {
      if (wrapping.isActive && !this.executed && !isOfDriver(this)) guard(() => watch(this, driver, handle))
      return Reflect.apply(original, this, args)
    }
  })
  wrapMethod(prototype, 'then', (original, wrapping) => {
    return function then(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      if (!this.executed) this.handle()
      const pending: Pending | undefined = this[PENDING]
      if (pending === undefined || hasCallSite(pending)) return Reflect.apply(original, this, args)
      return settle(Reflect.apply(original, this, []) as Promise<unknown>, pending).then(...args)
    }
  })
}

/** The driver asks for array types and for the role of a server on each new connection, whoever opened it. */
function isOfDriver({ handler }: Any): boolean {
  return handler.name === 'execute' && !('debug' in handler)
}

function hasCallSite({ origin, message, hasStarted }: Pending): boolean {
  if (origin.scope?.callSites === 'none' || origin.callSite !== undefined) return true
  return hasStarted && (message === undefined || !message.needsCallSite || message.callSite !== undefined)
}

async function settle<Value>(promise: Promise<Value>, pending: Pending): Promise<Value> {
  try {
    return await promise
  } finally {
    const { message } = pending
    if (message?.needsCallSite && message.canBeDeferred) message.callSite ??= captureCallSite(settle, message)
  }
}

function watch(query: Any, driver: DriverInfo, below: () => unknown): void {
  const scope = filingScope()
  const isUnfiled = scope === undefined || scope.isClosed || scope.ignoreReason !== undefined
  if (isUnfiled && !strayStart.hasSubscribers) {
    startStatement(driver, '', undefined, below)
    return
  }
  const origin = originOf()
  if (!isUnfiled && scope.callSites !== 'none') origin.callSite = captureCallSite(below, origin)
  const pending: Pending = {
    query,
    driver,
    origin,
    message: undefined,
    hasStarted: false,
    restore: askForOptions(query),
    sample: new RowSample(),
  }
  query[PENDING] = pending
  onAssigned(query, 'statement', () => start(pending))
  const isCursor = query.cursorFn !== null && query.cursorFn !== undefined
  if (isCursor) wrapRows(pending, 'cursorFn', (rows: unknown[]) => pending.sample.addAll(rows))
  if (query.forEachFn !== undefined) wrapRows(pending, 'forEachFn', (row: unknown) => pending.sample.add(row))
  // the iterator of a cursor sets them anew at each step
  wrapProperty(query, 'resolve', (resolve) => (value: Any) => {
    if (!isStream(value)) guard(() => finish(pending, undefined, value))
    return resolve(value)
  })
  wrapProperty(query, 'reject', (reject) => (error: unknown) => {
    guard(() => finish(pending, error, undefined))
    return reject(error)
  })
}

/** Calls `then` when the driver sets a property for the first time; it is an ordinary one again afterwards. */
function onAssigned(query: Any, name: string, then: () => void): void {
  const before = query[name]
  Object.defineProperty(query, name, {
    configurable: true,
    enumerable: true,
    get: () => before,
    set(value) {
      Object.defineProperty(query, name, { value, configurable: true, enumerable: true, writable: true })
      guard(then)
    },
  })
}

/** Wraps the function a property holds, and each one it is set to. */
function wrapProperty(query: Any, name: string, wrap: (fn: Any) => Any): void {
  let wrapped = wrap(query[name])
  Object.defineProperty(query, name, {
    configurable: true,
    enumerable: true,
    get: () => wrapped,
    set(value) {
      wrapped = wrap(value)
    },
  })
}

/** Rows are given to the application from the socket's context. */
function wrapRows({ query, origin }: Pending, name: string, note: (rows: Any) => void): void {
  wrapProperty(query, name, (fn) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      guard(() => note(args[0]))
      return callIn(origin.scope, fn, this, args, origin.context)
    }
  })
}

function start(pending: Pending): void {
  if (pending.hasStarted) return
  pending.hasStarted = true
  const { query, driver, origin } = pending
  pending.restore()
  const isBuilt = typeof query.string === 'string'
  const text = isBuilt ? query.string : query.strings.join('?')
  // copied, since what is sent replaces what was given
  const values: unknown[] = isBuilt ? [...query.parameters] : []
  const message = startStatement(
    driver,
    text,
    values.length > 0 ? values : undefined,
    start,
    origin,
    isBuilt ? optionsOfQuery(query) : undefined,
  )
  if (message === undefined) return
  pending.message = message
  message.isStreamed = query.forEachFn !== undefined || Boolean(query.cursorFn)
  message.hasCallback = message.isStreamed
  if (!isBuilt) return
  message.acquiredAt = now()
  // one object per connection, which the driver hands to its queries
  message.connection = connectionOf(query.state)
}

/** COPY: the query is resolved with a stream first, and when that is through once more. */
function isStream(value: Any): boolean {
  return typeof value?.pipe === 'function' || typeof value?.write === 'function'
}

function finish(pending: Pending, error: unknown, result: Any): void {
  start(pending)
  const { query, message, sample } = pending
  if (message === undefined || message.hasEnded) return
  const fields = result?.columns ?? query.statement?.columns
  if (error !== undefined) message.end(error, sample.count)
  else if (message.isStreamed) message.end(undefined, sample.count, sample.resultWith(fields))
  else if (isSeveral(result)) message.end(undefined, sum(result))
  else message.end(undefined, countOf(result), rawResultOf(query, result, fields))
}

/** What a text of several statements gives: a list of results. */
function isSeveral(result: Any): boolean {
  return Array.isArray(result) && result[0]?.command !== undefined && Array.isArray(result[0])
}

/** Rows of `.raw()` are bytes, which no later parameter equals. */
function rawResultOf(query: Any, result: Any, fields: unknown): RawResult | undefined {
  const isRead = Array.isArray(result) && result.length > 0 && query.isRaw !== true
  return isRead ? { rows: result, fields } : undefined
}

function sum(results: Any[]): number {
  return results.reduce((rows, result) => rows + countOf(result), 0)
}

function countOf(result: Any): number {
  return result?.count ?? (Array.isArray(result) ? result.length : 0)
}

function guard(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    reportFailure('postgres', error)
  }
}
