import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo } from './message.ts'
import { calls } from './mysql2-call.ts'
import { hookConnection } from './mysql2-connection.ts'
import { hookNamespace, hookPool } from './mysql2-pool.ts'
import { isWrapped, ownerOf, wrapMethod } from './patch.ts'
import { isPlainPromise } from './scope.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

const METHODS = ['query', 'execute', 'beginTransaction', 'commit', 'rollback']

/**
 * The promise API stands before the core: a connection, pool or namespace of promises holds one of callbacks. The core
 * publishes; here the promise is at hand, in which a line can be found that the stack does not have. Where only
 * `mysql2/promise` was loaded, the classes of the core are first met here.
 *
 * @param promised an instance, or a prototype.
 */
export function hookPromised(promised: Any, driver: DriverInfo): void {
  const queries = ownerOf(promised, 'query')
  if (queries === undefined || isWrapped(queries, 'query')) return
  for (const name of METHODS) {
    const prototype = ownerOf(promised, name)
    if (prototype !== undefined) wrapPromised(prototype, name, driver)
  }
  const pools = ownerOf(promised, 'getConnection')
  if (pools !== undefined) hookCheckout(pools, driver)
}

/** Where a pool came from `pool.promise()`, the class of its connections is first met in one that was handed over. */
function hookCheckout(prototype: object, driver: DriverInfo): void {
  let isHooked = false
  const hookResult = async (promise: Promise<unknown>): Promise<unknown> => {
    const connection = await promise
    hookPromised(connection, driver)
    isHooked = true
    return connection
  }
  wrapMethod(prototype, 'getConnection', (original, wrapping) => {
    return function getConnection(this: unknown, ...args: Any[]): unknown {
      const result = Reflect.apply(original, this, args)
      return wrapping.isActive && !isHooked && isPlainPromise(result) ? hookResult(result) : result
    }
  })
}

function wrapPromised(prototype: object, name: string, driver: DriverInfo): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function promised(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      hookCore(this, driver)
      calls.isPromised = true
      calls.last = undefined
      let result: unknown
      try {
        result = Reflect.apply(original, this, args)
      } finally {
        calls.isPromised = false
      }
      const message = calls.last
      calls.last = undefined
      return message === undefined ? result : withCallSite(result, message)
    }
  })
}

function hookCore(promised: Any, driver: DriverInfo): void {
  try {
    const { connection, pool, poolNamespace } = promised
    if (connection !== undefined) hookConnection(connection, driver)
    else if (pool !== undefined) hookPool(pool, driver)
    else if (poolNamespace !== undefined) hookNamespace(poolNamespace, driver)
  } catch (error) {
    reportFailure('mysql2 promise', error)
  }
}

/** `connection.promise()` and `pool.promise()` load the promise API, which is hooked when they have. */
export function wrapPromise(core: Any, driver: DriverInfo): void {
  const prototype = ownerOf(core, 'promise')
  if (prototype === undefined) return
  wrapMethod(prototype, 'promise', (original, wrapping) => {
    return function promise(this: unknown, ...args: Any[]): unknown {
      const result = Reflect.apply(original, this, args)
      if (wrapping.isActive) hookPromised(result, driver)
      return result
    }
  })
}
