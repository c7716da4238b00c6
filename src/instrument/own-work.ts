import { Scope } from './scope.ts'
import { onceInProcess, state } from './state.ts'

const REASON = 'what nonplus itself asks'

/** Keys of OpenTelemetry, which are the same in all its copies. */
const API = Symbol.for('opentelemetry.js.api.1')
const SUPPRESSED = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

interface Context {
  setValue(key: symbol, value: unknown): Context
}

interface ContextManager {
  active(): Context
  with<Result>(context: Context, fn: () => Result): Result
}

/** One for all copies of nonplus in the process; entered, never closed. */
function ownScope(): Scope {
  return onceInProcess('own scope', () => new Scope({ name: 'nonplus', kind: 'block', callSites: 'none' }, REASON))
}

/** Runs what nonplus itself sends: it is neither counted nor filed, and becomes no span of an SDK in the process. */
export function runAsOwn<Result>(fn: () => Result): Result {
  const run = (): Result => state.storage.run(ownScope(), fn)
  const contexts = (globalThis as unknown as Record<symbol, { context?: ContextManager } | undefined>)[API]?.context
  if (contexts === undefined) return run()
  return contexts.with(contexts.active().setValue(SUPPRESSED, true), run)
}

/** True of the scope of {@link runAsOwn}. */
export function isOwnWork({ ignoreReason }: Scope): boolean {
  return ignoreReason === REASON
}
