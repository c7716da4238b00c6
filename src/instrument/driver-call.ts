import { callIn } from './call-in.ts'
import { takeDeferredCallSite } from './deferred-call-site.ts'
import type { StatementMessage } from './message.ts'
import { isPlainPromise } from './scope.ts'
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
  const context = state.contexts?.active()
  return function (this: unknown, ...args: Any[]): unknown {
    before?.(...args)
    const outer = open
    open = undefined
    try {
      if (state.operations.getStore() === operation) return callIn(scope, callback, this, args, context)
      return state.operations.run(operation as never, () => callIn(scope, callback, this, args, context))
    } finally {
      open = outer
    }
  }
}

/** Ends a statement with what its promise or its callback gave. */
export type EndWith = (message: StatementMessage, result: Any, ...more: Any[]) => void

/**
 * Calls a method of the driver as one call of the application, and learns its end from the callback that is the last
 * function among the arguments, or from the promise that is returned. Neither need be there.
 *
 * @param message undefined where nothing is recorded: a callback is bound to its context all the same.
 */
export function followCall(
  message: StatementMessage | undefined,
  original: (...args: Any[]) => unknown,
  self: unknown,
  args: Any[],
  endWith: EndWith,
): unknown {
  const at = args.findLastIndex((arg) => typeof arg === 'function')
  if (at !== -1) {
    if (message !== undefined) message.hasCallback = true
    const before = message === undefined ? undefined : (...outcome: Any[]) => settle(message, outcome, endWith)
    args[at] = bindCallback(args[at], before)
  }
  let result: unknown
  try {
    result = inCall(message, original, self, args)
  } catch (error) {
    message?.end(error, 0)
    throw error
  }
  if (message === undefined || at !== -1) return result
  return isPlainPromise(result) ? follow(result, message, endWith) : result
}

function settle(message: StatementMessage, [error, ...outcome]: Any[], endWith: EndWith): void {
  if (error !== null && error !== undefined) message.end(error, 0)
  else endWith(message, outcome[0], ...outcome.slice(1))
}

async function follow(promise: Promise<unknown>, message: StatementMessage, endWith: EndWith): Promise<unknown> {
  try {
    const result = await promise
    takeDeferredCallSite(message, follow)
    endWith(message, result)
    return result
  } catch (error) {
    takeDeferredCallSite(message, follow)
    message.end(error, 0)
    throw error
  }
}
