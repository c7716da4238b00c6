import { connectionOf } from './connection.ts'
import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { type Wrapping, wrapMethod } from './patch.ts'
import { wrapPgliteStatements } from './pglite-statements.ts'
import { startStatement } from './start-statement.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's own objects
type Any = any

/**
 * Makes `transaction` publish. PGlite sends `BEGIN`, `COMMIT` and `ROLLBACK` by a private method, so they are told by
 * what happens around them: the callback runs when the transaction has begun, and ends before it is ended.
 */
export function wrapPgliteTransaction(prototype: Any, driver: DriverInfo): void {
  wrapMethod(prototype, 'transaction', (original, wrapping) => {
    return function transaction(this: Any, ...args: Any[]): unknown {
      const [callback] = args
      if (!wrapping.isActive || typeof callback !== 'function') return Reflect.apply(original, this, args)
      const begin = control('BEGIN', driver, this, transaction)
      let last: StatementMessage | undefined
      const run = async (tx: Any): Promise<unknown> => {
        begin?.end(undefined, 0)
        wrapTransactionObject(tx, prototype, driver, { database: this, owner: wrapping })
        let text = 'ROLLBACK'
        try {
          const result = await callback(tx)
          text = 'COMMIT'
          return result
        } finally {
          // the application may have rolled back itself
          if (tx.closed !== true) last = control(text, driver, this, run)
          if (last !== undefined) last.callSite ??= begin?.callSite
        }
      }
      const result = Reflect.apply(original, this, [run]) as Promise<unknown>
      if (begin === undefined) return result
      return withCallSite(
        settle(result, begin, () => last),
        begin,
      )
    }
  })
}

function control(
  text: string,
  driver: DriverInfo,
  database: object,
  below: (...args: never[]) => unknown,
): StatementMessage | undefined {
  const message = startStatement(driver, text, undefined, below, undefined, database)
  if (message !== undefined) message.connection = connectionOf(database)
  return message
}

async function settle<Value>(
  promise: Promise<Value>,
  begin: StatementMessage,
  lastOf: () => StatementMessage | undefined,
): Promise<Value> {
  try {
    const value = await promise
    lastOf()?.end(undefined, 0)
    return value
  } catch (error) {
    begin.end(error, 0)
    const last = lastOf()
    last?.end(last.text === 'COMMIT' ? error : undefined, 0)
    throw error
  }
}

/** The object is made for one transaction, its methods by closures over private ones. */
function wrapTransactionObject(
  tx: Any,
  prototype: Any,
  driver: DriverInfo,
  transaction: { readonly database: object; readonly owner: Wrapping },
): void {
  wrapPgliteStatements(tx, driver, transaction)
  // the text of a template is known once the driver has built it, which its public `sql` does for a `query` it is given
  tx.sql = (...args: Any[]) => Reflect.apply(prototype.sql, tx, args)
  const { rollback } = tx
  tx.rollback = async function (this: unknown, ...args: Any[]): Promise<unknown> {
    const message = control('ROLLBACK', driver, transaction.database, tx.rollback)
    try {
      const result = await Reflect.apply(rollback, this, args)
      message?.end(undefined, 0)
      return result
    } catch (error) {
      message?.end(error, 0)
      throw error
    }
  }
}
