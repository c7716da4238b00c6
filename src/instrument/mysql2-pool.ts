import { callIn } from './call-in.ts'
import { type Checkout, checkoutOf, noteCheckout } from './checkout.ts'
import type { DriverInfo } from './message.ts'
import { Call, calls, dropAdoption } from './mysql2-call.ts'
import { watchEvents } from './mysql2-command.ts'
import { hookConnection } from './mysql2-connection.ts'
import { pooledQuestionOf } from './mysql2-question.ts'
import { isWrapped, originalOf, ownerOf, wrapMethod } from './patch.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** Makes a class of pools publish where the application calls it, which no channel tells of. */
export function hookPool(pool: Any, driver: DriverInfo): void {
  const prototype: Any = ownerOf(pool, 'getConnection')
  if (prototype === undefined || isWrapped(prototype, 'query')) return
  const isPublished = publishes(prototype.getConnection)
  for (const name of ['query', 'execute']) wrapAsking(prototype, name, driver, (self) => self)
  if (isPublished) wrapPublished(prototype, driver)
  else wrapGetConnection(prototype, driver)
}

/** The same for the namespaces of a pool cluster, which choose a pool at each call, and again where one fails. */
export function hookNamespace(namespace: Any, driver: DriverInfo): void {
  const prototype = ownerOf(namespace, 'getConnection')
  if (prototype === undefined || isWrapped(prototype, 'query')) return
  const anyPool = (self: Any): unknown => (Object.values(self._cluster?._nodes ?? {}) as Any[])[0]?.pool
  for (const name of ['query', 'execute']) wrapAsking(prototype, name, driver, anyPool)
  wrapGetConnection(prototype)
}

/** True where a method of the driver publishes on a channel, told by a key of the context that it makes for it. */
export function publishes(method: unknown): boolean {
  const original = originalOf(method)
  return typeof original === 'function' && Function.prototype.toString.call(original).includes('serverAddress')
}

function wrapAsking(prototype: object, name: string, driver: DriverInfo, poolOf: (self: Any) => unknown): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function ask(this: Any, ...args: Any[]): unknown {
      const [sql, values] = args
      const isAsked = typeof sql === 'string' || typeof sql?.sql === 'string'
      if (!wrapping.isActive || !isAsked) return Reflect.apply(original, this, args)
      const call = new Call()
      try {
        const pool = poolOf(this)
        if (pool !== undefined) state.onPool?.(pool as object, driver)
        call.start(driver, pooledQuestionOf(pool, sql, values, name === 'execute'), ask, pool as object | undefined)
      } catch (error) {
        reportFailure('mysql2 pool', error)
      }
      return send(call, original, this, args)
    }
  })
}

function send(call: Call, original: (...args: Any[]) => unknown, self: unknown, args: Any[]): unknown {
  calls.handover = call
  try {
    const result: Any = Reflect.apply(original, self, args)
    const hasEvents = typeof result?.emit === 'function' && typeof result.onResult !== 'function'
    if (hasEvents) watchEvents(result, call)
    return result
  } catch (error) {
    call.message?.end(error, 0)
    throw error
  } finally {
    calls.handover = undefined
  }
}

/** @param driver absent for what is no pool itself. */
function wrapGetConnection(prototype: object, driver?: DriverInfo): void {
  wrapMethod(prototype, 'getConnection', (original, wrapping) => {
    return function getConnection(this: Any, ...args: Any[]): unknown {
      if (wrapping.isActive && driver !== undefined) state.onPool?.(this, driver)
      const call = takeHandover()
      const callback = args[0]
      if (!wrapping.isActive || typeof callback !== 'function') return Reflect.apply(original, this, args)
      const scope = call === undefined ? state.storage.getStore() : call.scope
      const context = call === undefined ? state.contexts?.active() : call.context
      const checkout = call === undefined ? checkoutOf(getConnection) : undefined
      args[0] = function (this: unknown, ...outcome: Any[]): unknown {
        resumeCall(call, checkout, outcome[0], outcome[1])
        try {
          // the pool calls back in the context of whoever released the connection
          return callIn(scope, callback, this, outcome, context)
        } finally {
          leavePool()
        }
      }
      return Reflect.apply(original, this, args)
    }
  })
}

/** The channel brings a callback back to its scope; of the context of a tracer it knows nothing. */
function wrapPublished(prototype: object, driver: DriverInfo): void {
  wrapMethod(prototype, 'getConnection', (original, wrapping) => {
    return function getConnection(this: Any, ...args: Any[]): unknown {
      if (wrapping.isActive) state.onPool?.(this, driver)
      // a call that waits here is of `query`, and goes back to its own
      const context = calls.handover === undefined ? state.contexts?.active() : undefined
      const callback = args[0]
      if (wrapping.isActive && context !== undefined && typeof callback === 'function') {
        const scope = state.storage.getStore()
        args[0] = function (this: unknown, ...outcome: Any[]): unknown {
          return callIn(scope, callback, this, outcome, context)
        }
      }
      return Reflect.apply(original, this, args)
    }
  })
}

/** Takes the call that a pool asks for a connection for. */
export function takeHandover(): Call | undefined {
  const call = calls.handover
  calls.handover = undefined
  return call
}

/** A pool has a connection, or none to give: what it was asked for goes on. */
export function resumeCall(
  call: Call | undefined,
  checkout: Checkout | undefined,
  error: unknown,
  connection: Any,
): void {
  if (error !== undefined && error !== null) {
    call?.message?.end(error, 0)
  } else if (call !== undefined) {
    if (call.driver !== undefined) hookConnection(connection, call.driver)
    calls.adoption = call
  } else {
    calls.checkout = checkout
    noteCheckout(connection, checkout)
  }
}

/** The callback that got a connection has returned. */
export function leavePool(): void {
  dropAdoption()
  calls.checkout = undefined
}
