import { wrapMethod } from './patch.ts'

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
