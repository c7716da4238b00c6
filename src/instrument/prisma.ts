import { runOperation } from './operation.ts'
import { onceInProcess } from './state.ts'

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

function hookSlot(slot: string): void {
  const globals = globalThis as Record<string, unknown>
  let other = globals[slot] as Instrumentation | undefined
  const helper: TracingHelper = {
    isEnabled: () => other?.helper?.isEnabled() ?? false,
    getTraceParent: (context) => other?.helper?.getTraceParent(context) ?? '00-10-10-00',
    dispatchEngineSpans: (spans) => other?.helper?.dispatchEngineSpans(spans),
    getActiveContext: () => other?.helper?.getActiveContext(),
    runInChildSpan(span, fn) {
      const run = (): unknown => (other?.helper === undefined ? fn() : other.helper.runInChildSpan(span, fn))
      const name = typeof span === 'string' ? span : span.name
      return name === 'operation' ? runOperation(helper.runInChildSpan, run) : run()
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
