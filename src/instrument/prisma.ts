import { runOperation } from './operation.ts'
import { beginSending, PrismaRequest, requests, watchQuery } from './prisma-request.ts'
import { onceInProcess, state } from './state.ts'

type Span = string | { readonly name: string; readonly attributes?: { readonly name?: unknown } }

interface TracingHelper {
  isEnabled(): boolean
  getTraceParent(context?: unknown): string
  dispatchEngineSpans(spans: unknown, events?: readonly unknown[], emit?: (event: unknown) => void): void
  /** Of Prisma 5 and before. */
  createEngineSpan?(event: unknown): unknown
  getActiveContext(): unknown
  runInChildSpan(span: Span, fn: (...args: unknown[]) => unknown): unknown
}

interface Instrumentation {
  readonly helper?: TracingHelper
}

const FALLBACK = 'PRISMA_INSTRUMENTATION'

// Prisma reads the name with its major version first.
const VERSIONED = ['V7_PRISMA_INSTRUMENTATION', 'V6_PRISMA_INSTRUMENTATION']

const globals = globalThis as Record<string, unknown>

/**
 * Prisma's hook for tracing: a global whose helper it calls around every operation. It sends its statements through a
 * driver that is hooked already, but from an interpreter and from batches, out of reach of any stack; the operation is
 * where the application still waits. An instrumentation that is set, now or later, keeps working: ours calls it.
 */
export function hookPrisma(): void {
  onceInProcess('prisma', () => {
    const fallback = new Slot(FALLBACK)
    const slots = [...VERSIONED.map((name) => new Slot(name, fallback)), fallback]
    const hook = (): void => {
      for (const slot of slots) slot.hook()
    }
    hook()
    // an instrumentation that is switched off deletes the global, and when it is switched on again it sets another
    state.scopeOpenings.add(hook)
    const undo = (): void => {
      for (const slot of slots) slot.unhook()
      state.scopeOpenings.delete(hook)
      state.undos.delete(undo)
      state.services.delete('prisma')
    }
    state.undos.add(undo)
    return true
  })
}

/** One of the globals: an accessor that gives our helper, and keeps what others set. */
class Slot {
  readonly #name: string
  readonly #fallback: Slot | undefined
  readonly #own: Instrumentation
  #other: Instrumentation | undefined

  /** @param fallback the one that Prisma reads where nobody has set this one. */
  constructor(name: string, fallback?: Slot) {
    this.#name = name
    this.#fallback = fallback
    this.#own = { helper: createHelper(() => this.otherHelper) }
  }

  get otherHelper(): TracingHelper | undefined {
    return this.#other?.helper ?? this.#fallback?.otherHelper
  }

  hook(): void {
    const current = globals[this.#name] as Instrumentation | undefined
    if (current === this.#own) return
    this.#other = current
    Reflect.defineProperty(globals, this.#name, {
      configurable: true,
      enumerable: false,
      get: () => this.#own,
      set: (value: Instrumentation | undefined) => {
        this.#other = value
      },
    })
  }

  unhook(): void {
    if (globals[this.#name] !== this.#own) return
    delete globals[this.#name]
    if (this.#other !== undefined) globals[this.#name] = this.#other
  }
}

/** The request that asked for its context last; its operation begins right after. */
let latest: PrismaRequest | undefined

/** @param other gives the helper of another instrumentation, where there is one. */
function createHelper(other: () => TracingHelper | undefined): TracingHelper {
  const helper: TracingHelper = {
    isEnabled: () => other()?.isEnabled() ?? false,
    getTraceParent(context) {
      beginSending(context)
      const traced = context instanceof PrismaRequest ? context.traced : context
      return other()?.getTraceParent(traced) ?? '00-10-10-00'
    },
    dispatchEngineSpans(spans, events, emit) {
      const helper = other()
      if (helper !== undefined) return helper.dispatchEngineSpans(spans, events, emit)
      if (emit !== undefined) for (const event of events ?? []) emit(event)
    },
    createEngineSpan: (event) => other()?.createEngineSpan?.(event),
    getActiveContext() {
      latest = new PrismaRequest(other()?.getActiveContext())
      return latest
    },
    runInChildSpan(span, fn) {
      const within = other()
      const run = (own: typeof fn): unknown => (within === undefined ? own() : within.runInChildSpan(span, own))
      const name = typeof span === 'string' ? span : span.name
      if (name === 'operation') return runRequest(helper.runInChildSpan, span, () => run(fn))
      if (name !== 'serialize') return run(fn)
      return run((...args) => {
        const query = fn(...args)
        watchQuery(query, requests.getStore())
        return query
      })
    },
  }
  return helper
}

function runRequest(below: (...args: never[]) => unknown, span: Span, run: () => unknown): unknown {
  const request = latest
  latest = undefined
  if (request === undefined) return runOperation(below, run)
  request.name = String(typeof span === 'string' ? '' : (span.attributes?.name ?? ''))
  const start = (): unknown => {
    request.operation = state.operations.getStore()
    return requests.run(request, run)
  }
  return runOperation(below, start, false, undefined, request)
}
