import { captureCallSite } from './call-site.ts'
import type { StatementMessage } from './message.ts'
import { isPlainPromise } from './scope.ts'

/**
 * Returns a promise that settles as `promise` does, and takes the call site once it has settled.
 *
 * Query builders that are thenables, and pools, call the driver from a job or a timer: no frame of the application is
 * on the stack. When the promise has settled, though, the chain of awaiting functions is linked, and V8 can follow it
 * from this very function outwards. That works only while the driver's promise has one reaction, ours: hence a
 * replaced promise instead of a second `.then` beside the caller's. An unhandled rejection stays one.
 */
async function settleWithCallSite<Value>(promise: Promise<Value>, message: StatementMessage): Promise<Value> {
  try {
    return await promise
  } finally {
    message.callSite = captureCallSite(settleWithCallSite, message)
  }
}

/** For a driver's own such function: takes the call site, if it is still due, after the driver's promise was awaited in it. */
export function takeDeferredCallSite(message: StatementMessage, below: (...args: never[]) => unknown): void {
  if (!isCallSiteDue(message)) return
  message.callSite = captureCallSite(below, message)
}

function isCallSiteDue(message: StatementMessage): boolean {
  return message.needsCallSite && message.canBeDeferred && message.callSite === undefined
}

/**
 * What the caller of a driver gets: `result` itself, or, where it is a promise and the stack showed no application, one
 * that settles the same way and takes the call site then.
 */
export function withCallSite(result: unknown, message: StatementMessage): unknown {
  return isCallSiteDue(message) && isPlainPromise(result) ? settleWithCallSite(result, message) : result
}
