import { type CapturedCallSite, captureCallSite } from './call-site.ts'
import { now } from './clock.ts'
import type { StatementMessage } from './message.ts'
import { type Method, type Wrapping, wrapMethod } from './patch.ts'
import { filingScope, isPlainPromise } from './scope.ts'
import { state } from './state.ts'

/** What the application called, by name, where its ORM may gather several calls into one statement. */
export interface OrmCall {
  /** `Author.findUnique`. */
  readonly name: string
  /** Calls that were sent together under this one, itself included. */
  together: number
}

/**
 * One call of an ORM that sends its statements later, from a queue, a batch or a stream: by then no frame of the
 * application is on the stack, and no awaited promise leads back to it. So the call itself is remembered in the async
 * context, and the statements sent within it take its call site.
 */
export class Operation {
  callSite: CapturedCallSite | undefined
  /** True where its call site is better than what is on the stack of a statement: the call is one of the driver itself. */
  readonly isOutermost: boolean
  /** ORM that made the call, where its frames stand above it. */
  orm: string | undefined = undefined
  /** Set where the ORM tells what was called. */
  call: OrmCall | undefined = undefined
  readonly startedAt: number = now()
  readonly #waiting: StatementMessage[] = []

  constructor(below: (...args: never[]) => unknown, isOutermost = false, orm?: string) {
    this.isOutermost = isOutermost
    this.orm = orm
    this.callSite = captureCallSite(below, this)
  }

  /** Gives a statement the call site of this operation, now or once it is known. */
  lend(message: StatementMessage): void {
    // on the stack of the statement may be what this ORM is built on
    message.orm = this.orm ?? message.orm
    if (this.callSite === undefined) this.#waiting.push(message)
    else message.callSite = this.callSite
  }

  /** The better of what was found on the stack of a statement, or of an operation within, and what this one knows. */
  deepen(callSite: CapturedCallSite): CapturedCallSite {
    return callSite
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  resolve(callSite: CapturedCallSite | undefined): void {
    this.callSite = callSite
    for (const message of this.#waiting) message.callSite ??= callSite
    this.#waiting.length = 0
  }
}

/** Where the call of the application was an operation further out: the time since then was the wait for a connection. */
export function noteWait(message: StatementMessage): void {
  const operation = state.operations.getStore()
  if (operation?.isOutermost !== true) return
  message.acquiredAt = message.startedAt
  message.startedAt = operation.startedAt
}

/**
 * Runs `fn` as one operation of an ORM; a promise it returns may be replaced by one that settles the same way.
 *
 * @param isOutermost see {@link Operation.isOutermost}.
 * @param orm whose call it is, where its own frames are not above it.
 * @param call what was called; an operation within it keeps it.
 */
export function runOperation(
  below: (...args: never[]) => unknown,
  fn: () => unknown,
  isOutermost = false,
  orm?: string,
  call?: OrmCall,
): unknown {
  const scope = filingScope()
  if (scope === undefined || scope.isClosed || scope.ignoreReason !== undefined || scope.callSites === 'none')
    return fn()
  const operation = new Operation(below, isOutermost, orm)
  const around = state.operations.getStore()
  operation.call = call ?? around?.call
  if (around !== undefined && operation.callSite !== undefined) operation.callSite = around.deepen(operation.callSite)
  // without an application on its stack it was called by an ORM, whose own operation knows more
  const outer = operation.callSite === undefined ? around : undefined
  if (outer !== undefined && (isOutermost || outer.callSite !== undefined)) {
    if (call === undefined) return fn()
    operation.callSite = outer.callSite
    operation.orm = outer.orm
  }
  const result = state.operations.run(operation, fn)
  return operation.callSite === undefined && isPlainPromise(result) ? settleOperation(result, operation) : result
}

/**
 * Makes each call of a method of an ORM one operation.
 *
 * @param owner see `wrapMethod`.
 * @param orm see {@link runOperation}.
 */
export function operationMethod(target: object, name: string, owner?: Wrapping, orm?: string): void {
  const make = (original: Method, wrapping: Wrapping): Method => {
    return function operation(this: unknown, ...args: unknown[]): unknown {
      const run = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runOperation(operation, run, false, orm) : run()
    }
  }
  wrapMethod(target, name, make, owner)
}

/** See `settleWithCallSite`. */
async function settleOperation(promise: Promise<unknown>, operation: Operation): Promise<unknown> {
  try {
    return await promise
  } finally {
    if (operation.isAwaited) {
      let callSite = captureCallSite(settleOperation)
      for (let tick = 0; tick < LINK_TICKS && callSite === undefined; tick++) {
        await undefined
        callSite = captureCallSite(settleOperation)
      }
      operation.resolve(callSite)
    }
  }
}

/** A call that was over at once settles before the chain of those who await it is linked, which takes a few microtasks. */
const LINK_TICKS = 4
