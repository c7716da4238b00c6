import { callIn, type StatementMessage } from './message.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: callbacks of any form
type Any = any

/**
 * One call of the application through a driver whose public methods call each other, or lead on to a pool and a
 * connection within. The outermost public method starts the statement and leaves it here; what it calls synchronously is
 * part of the same call, and may pick the statement up.
 */
interface OpenCall {
  message: StatementMessage | undefined
}

let open: OpenCall | undefined

/** True inside a public method: what it calls is no call of the application. */
export function isInCall(): boolean {
  return open !== undefined
}

/** Calls a method of the driver as one call of the application. */
export function inCall(
  message: StatementMessage | undefined,
  fn: (...args: Any[]) => unknown,
  self: unknown,
  args: Any[],
): unknown {
  open = { message }
  try {
    return Reflect.apply(fn, self, args)
  } finally {
    open = undefined
  }
}

/** The statement of the call that is under way, for the first who asks. */
export function takeMessage(): StatementMessage | undefined {
  const message = open?.message
  if (open !== undefined) open.message = undefined
  return message
}

/**
 * A callback of the application that runs in the context it was given in, not in that of whoever opened the socket or
 * released the connection.
 *
 * @param before told the arguments of the call before it happens.
 */
export function bindCallback(callback: (...args: Any[]) => unknown, before?: (...args: Any[]) => void): Any {
  const scope = state.storage.getStore()
  const operation = state.operations.getStore()
  return function (this: unknown, ...args: Any[]): unknown {
    before?.(...args)
    const outer = open
    open = undefined
    try {
      if (state.operations.getStore() === operation) return callIn(scope, callback, this, args)
      return state.operations.run(operation as never, () => callIn(scope, callback, this, args))
    } finally {
      open = outer
    }
  }
}
