import { inCall } from './driver-call.ts'
import type { Instrumentation } from './instrumentation.ts'
import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { state } from './state.ts'
import { addressOf, notePool, poolStateOf } from './tedious-address.ts'

// biome-ignore lint/suspicious/noExplicitAny: mssql's own objects
type Any = any

/**
 * mssql, the client with a pool on top of tedious. Statements are counted where tedious sends them, with values and
 * rows, which mssql's own channels do not tell. By then they have waited for a connection, and the application has left
 * the stack; so each call is an operation here, which lends its line and its start to the statements within.
 */
export const mssql: Instrumentation = {
  module: 'mssql',
  versions: '>=8 <13',
  dialect: 'mssql',
  via: 'patch',
  columnsOf: () => [],
  addressOf,
  poolStateOf,
  matches(exports) {
    const { ConnectionPool, Request, PreparedStatement } = (exports ?? {}) as Any
    return typeof ConnectionPool === 'function' && typeof PreparedStatement === 'function' && isRequest(Request)
  },
  patch(exports, driver) {
    const { ConnectionPool, Request, Transaction } = exports as Any
    for (const name of ['query', 'batch', 'execute', 'bulk']) wrapOperation(Request.prototype, name)
    for (const name of ['begin', 'commit', 'rollback']) wrapOperation(Transaction.prototype, name)
    // the pool asks each connection whether it lives before it lends it
    wrapMethod(ConnectionPool.prototype, '_poolValidate', (original, wrapping) => {
      return function validate(this: Any, ...args: Any[]): unknown {
        if (!wrapping.isActive) return Reflect.apply(original, this, args)
        notePool(args[0], this)
        state.onPool?.(this, driver)
        return inCall(undefined, original, this, args)
      }
    })
  },
}

function isRequest(Request: Any): boolean {
  return typeof Request?.prototype?.query === 'function' && typeof Request.prototype.bulk === 'function'
}

/** @param prototype of the class for tedious; the method is its parent's. */
function wrapOperation(prototype: Any, name: string): void {
  const owner = Object.hasOwn(prototype, name) ? prototype : Object.getPrototypeOf(prototype)
  wrapMethod(owner, name, (original, wrapping) => {
    return function method(this: unknown, ...args: unknown[]): unknown {
      const call = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runOperation(method, call, true) : call()
    }
  })
}
