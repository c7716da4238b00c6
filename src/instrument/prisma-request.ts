import { AsyncLocalStorage } from 'node:async_hooks'
import { inMicrotask } from './clock.ts'
import type { Operation, OrmCall } from './operation.ts'
import type { Scope } from './scope.ts'
import { state } from './state.ts'

/** The request whose operation is under way. */
export const requests = new AsyncLocalStorage<PrismaRequest>()

/**
 * Where a request to Prisma was made, in place of the context of its tracing. All batches of one tick are sent from the
 * context of whoever asked first; each hands the context of its first request back to the helper before.
 */
export class PrismaRequest implements OrmCall {
  name = ''
  together = 1
  readonly scope: Scope | undefined = state.storage.getStore()
  operation: Operation | undefined = state.operations.getStore()
  readonly traced: unknown

  constructor(traced: unknown) {
    this.traced = traced
  }

  /** For a helper that is asked in place of ours, once that was taken out: what it looks up in a context of its own. */
  getValue(key: unknown): unknown {
    return (this.traced as { getValue?: (key: unknown) => unknown } | undefined)?.getValue?.(key)
  }

  /** Goes on, in this tick, where the request was made. */
  enter(): void {
    if (state.storage.getStore() !== this.scope) state.storage.enterWith(this.scope as Scope)
    if (state.operations.getStore() !== this.operation) state.operations.enterWith(this.operation as Operation)
  }
}

/** What is being sent in this tick: the first request of a batch, `single` for one that goes alone. */
let sending: { readonly first: PrismaRequest; readonly seen: Set<PrismaRequest> } | 'single' | undefined

function close(): void {
  sending = undefined
}

/** Prisma begins to send: a batch, where it hands back the context of its first request; else one request. */
export function beginSending(context: unknown): void {
  sending = 'single'
  inMicrotask(close)
  if (!(context instanceof PrismaRequest)) return
  context.enter()
  context.together = 1
  sending = { first: context, seen: new Set([context]) }
}

/**
 * Tells of a query who asked for it. Nothing else says which requests a batch is made of: but Prisma looks at the action
 * of each, right after it has begun to send. So the action is read through a getter, which gives what was there.
 */
export function watchQuery(query: unknown, request: PrismaRequest | undefined): void {
  const action = (query as { action?: unknown } | null | undefined)?.action
  if (request === undefined || typeof action !== 'string') return
  Reflect.defineProperty(query as object, 'action', {
    configurable: true,
    enumerable: true,
    get() {
      if (sending !== undefined) noteSent(request)
      return action
    },
    set(value: unknown) {
      Reflect.defineProperty(this, 'action', { configurable: true, enumerable: true, writable: true, value })
    },
  })
}

function noteSent(request: PrismaRequest): void {
  if (sending === 'single') {
    close()
    request.enter()
    return
  }
  if (sending === undefined || sending.seen.has(request)) return
  const { first, seen } = sending
  seen.add(request)
  first.together++
  if (request.scope !== undefined && request.scope !== first.scope) state.counters.merged++
}
