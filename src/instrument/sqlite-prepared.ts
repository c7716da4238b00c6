import { wrapMethod } from './patch.ts'
import { state } from './state.ts'

/** Where a prepared statement comes from, for drivers whose statements do not tell it themselves. */
interface Prepared {
  readonly text: string
  readonly database: object
}

const preparedFrom = new WeakMap<object, Prepared>()

/** Text and connection of a statement, if it was prepared by a method that {@link wrapPrepare} wrapped. */
export function preparedOf(statement: object): Prepared | undefined {
  return preparedFrom.get(statement)
}

/**
 * Makes `prepare` of a connection remember what it prepares.
 *
 * @param onFirst gets the first statement, to find its class.
 * @param onCall gets the arguments of each call, and may change them.
 */
export function wrapPrepare(
  prototype: object,
  { onFirst, onCall }: { onFirst?: (statement: object) => void; onCall?: (args: unknown[]) => void } = {},
): void {
  let isFirst = true
  wrapMethod(prototype, 'prepare', (original, wrapping) => {
    return function prepare(this: unknown, ...args: unknown[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      onCall?.(args)
      const statement = Reflect.apply(original, this, args) as object
      preparedFrom.set(statement, { text: String(args[0]), database: this as object })
      if (isFirst) onFirst?.(statement)
      isFirst = false
      return statement
    }
  })
}

const connections = new WeakMap<object, number>()

/** Number of a connection; 0 where it is not known. */
export function connectionOf(database: object | undefined): number {
  if (database === undefined) return 0
  let connection = connections.get(database)
  if (connection === undefined) {
    connection = state.nextConnection++
    connections.set(database, connection)
  }
  return connection
}
