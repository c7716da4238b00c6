import type { Context, ContextManager, LoggerProvider, MeterProvider, Span, TracerProvider } from '@opentelemetry/api'
import { reportFailure } from '../instrument/state.ts'

/** What an SDK has registered; all of it may come later than nonplus, or never. */
interface RegisteredApi {
  readonly version: string
  readonly trace?: TracerProvider
  readonly context?: ContextManager
  readonly metrics?: MeterProvider
  /** Since 1.10; before, logs had a package and a place of their own. */
  readonly logs?: LoggerProvider
}

/*
 * Every copy of @opentelemetry/api with major 1 keeps what is registered in this one place. It is read here without a
 * copy of our own: a newer copy than the one the SDK registered with gets nothing but no-ops, by the rules of the API, and
 * which copy nonplus would find depends on where it is installed.
 */
const API = Symbol.for('opentelemetry.js.api.1')
const LOGS_API = Symbol.for('io.opentelemetry.js.api.logs')

/** Version of the interface that `@opentelemetry/api-logs` gives out at {@link LOGS_API}. */
const LOGS_VERSION = 1

// createContextKey() is Symbol.for(), so that copies agree
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN')
const SUPPRESS_TRACING = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
const RPC_METADATA = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')

/** What is registered in this process, or undefined where no SDK has started yet. */
export function registeredApi(): RegisteredApi | undefined {
  return (globalThis as unknown as Record<symbol, RegisteredApi | undefined>)[API]
}

/** The logger provider that is not a no-op: of the API since 1.10, else of `@opentelemetry/api-logs`. */
export function registeredLogs(): LoggerProvider | undefined {
  const global = globalThis as unknown as Record<symbol, ((version: number) => LoggerProvider) | undefined>
  return global[LOGS_API]?.(LOGS_VERSION) ?? registeredApi()?.logs
}

/** The context of the caller; undefined where no SDK keeps one. Does not throw: it is called on the way into a driver. */
export function activeContext(): Context | undefined {
  try {
    return registeredApi()?.context?.active()
  } catch (error) {
    reportFailure('OpenTelemetry context', error)
    return undefined
  }
}

export function spanOf(context: Context | undefined): Span | undefined {
  return context?.getValue(SPAN) as Span | undefined
}

export function withSpan(context: Context, span: Span): Context {
  return context.setValue(SPAN, span)
}

/** The SERVER span of the request that a context belongs to, as the HTTP instrumentation notes it. */
export function serverSpanOf(context: Context | undefined): Span | undefined {
  return (context?.getValue(RPC_METADATA) as { readonly span?: Span } | undefined)?.span
}

/** True inside an exporter, and wherever else nothing is to be traced. */
export function isSuppressed(context: Context | undefined): boolean {
  return context?.getValue(SUPPRESS_TRACING) === true
}
