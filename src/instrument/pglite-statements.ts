import { connectionOf } from './connection.ts'
import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo, RawResult, StatementMessage } from './message.ts'
import { type Method, type Wrapping, wrapMethod } from './patch.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's own objects
type Any = any

let depth = 0

function isAskingItself(): boolean {
  return depth > 0
}

/** A database asks for its array types when it starts, whoever made it: these statements are nobody's. */
export function wrapPgliteTypes(prototype: object): void {
  wrapMethod(prototype, '_initArrayTypes', (original) => {
    return function _initArrayTypes(this: unknown, ...args: unknown[]): unknown {
      depth++
      try {
        return Reflect.apply(original, this, args)
      } finally {
        depth--
      }
    }
  })
}

/**
 * Makes `query` and `exec` publish, of the class or of a transaction.
 *
 * @param transaction the database of a transaction, and the owner of its wrappers: see {@link wrapMethod}.
 */
export function wrapPgliteStatements(
  target: object,
  driver: DriverInfo,
  transaction?: { readonly database: object; readonly owner: Wrapping },
): void {
  for (const name of ['query', 'exec']) {
    const make = (original: Method, wrapping: Wrapping): Method => {
      return function send(this: Any, ...args: Any[]): unknown {
        if (!wrapping.isActive || isAskingItself()) return Reflect.apply(original, this, args)
        const [text, values] = args
        const isBound = name === 'query' && Array.isArray(values) && values.length > 0
        const database = transaction?.database ?? this
        const message = startStatement(driver, String(text), isBound ? values : undefined, send, undefined, database)
        const result = Reflect.apply(original, this, args)
        if (message === undefined) return result
        message.connection = connectionOf(database)
        return withCallSite(settle(result as Promise<unknown>, message), message)
      }
    }
    wrapMethod(target, name, make, transaction?.owner)
  }
}

/** Ends a message as the promise of its call settles. */
async function settle<Value>(promise: Promise<Value>, message: StatementMessage): Promise<Value> {
  try {
    const result = await promise
    end(message, result)
    return result
  } catch (error) {
    message.end(error, 0)
    throw error
  }
}

function end(message: StatementMessage, result: Any): void {
  try {
    if (Array.isArray(result)) {
      message.end(
        undefined,
        result.reduce((rows, one) => rows + countOf(one), 0),
        result.length === 1 ? rawResultOf(result[0]) : undefined,
      )
    } else message.end(undefined, countOf(result), rawResultOf(result))
  } catch (error) {
    reportFailure('pglite result', error)
    message.end(undefined, 0)
  }
}

function countOf(result: Any): number {
  return result?.rows?.length || result?.affectedRows || 0
}

function rawResultOf(result: Any): RawResult | undefined {
  return result?.rows?.length > 0 ? { rows: result.rows, fields: result.fields } : undefined
}
