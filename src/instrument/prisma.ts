import { type Operation, runOperation } from './operation.ts'
import type { Scope } from './scope.ts'
import { onceInProcess, state } from './state.ts'

interface TracingHelper {
  isEnabled(): boolean
  getTraceParent(context?: unknown): string
  dispatchEngineSpans(spans: unknown): void
  getActiveContext(): unknown
  runInChildSpan(span: string | { readonly name: string }, fn: (...args: unknown[]) => unknown): unknown
}

interface Instrumentation {
  readonly helper?: TracingHelper
}

// Prisma reads the name with its major version first.
const SLOTS = ['V7_PRISMA_INSTRUMENTATION', 'V6_PRISMA_INSTRUMENTATION', 'PRISMA_INSTRUMENTATION']

/**
 * Prisma's hook for tracing: a global whose helper it calls around every operation. It sends its statements through a
 * driver that is hooked already, but from an interpreter and from batches, out of reach of any stack; the operation is
 * where the application still waits. An instrumentation that is set, now or later, keeps working: ours calls it.
 */
export function hookPrisma(): void {
  onceInProcess('prisma', () => {
    for (const slot of SLOTS) hookSlot(slot)
    return true
  })
}

/**
 * Where a request to Prisma was made, in place of the context of its tracing. All batches of one tick are sent from the
 * context of whoever asked first; each hands the context of its first request back to the helper before.
 */
class RequestContext {
  readonly scope: Scope | undefined = state.storage.getStore()
  operation: Operation | undefined = undefined
  readonly traced: unknown

  constructor(traced: unknown) {
    this.traced = traced
  }

  /** Goes on, in this tick, where the request was made. */
  enter(): void {
    if (this.operation === undefined || state.storage.getStore() === this.scope) return
    state.storage.enterWith(this.scope as Scope)
    state.operations.enterWith(this.operation)
  }
}

/** The request that asked for its context last; its operation begins right after. */
let latest: RequestContext | undefined

function noteOperation(): void {
  if (latest !== undefined) latest.operation = state.operations.getStore()
  latest = undefined
}

function hookSlot(slot: string): void {
  const globals = globalThis as Record<string, unknown>
  let other = globals[slot] as Instrumentation | undefined
  const helper: TracingHelper = {
    isEnabled: () => other?.helper?.isEnabled() ?? false,
    getTraceParent(context) {
      if (context instanceof RequestContext) context.enter()
      const traced = context instanceof RequestContext ? context.traced : context
      return other?.helper?.getTraceParent(traced) ?? '00-10-10-00'
    },
    dispatchEngineSpans: (spans) => other?.helper?.dispatchEngineSpans(spans),
    getActiveContext() {
      latest = new RequestContext(other?.helper?.getActiveContext())
      return latest
    },
    runInChildSpan(span, fn) {
      const run = (): unknown => (other?.helper === undefined ? fn() : other.helper.runInChildSpan(span, fn))
      const name = typeof span === 'string' ? span : span.name
      if (name !== 'operation') return run()
      return runOperation(helper.runInChildSpan, () => {
        noteOperation()
        return run()
      })
    },
  }
  Object.defineProperty(globals, slot, {
    configurable: true,
    enumerable: false,
    get: () => ({ helper }),
    set: (value: Instrumentation | undefined) => {
      other = value
    },
  })
}
