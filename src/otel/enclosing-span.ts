import type { Context, Span } from '@opentelemetry/api'
import { inMicrotask } from '../instrument/clock.ts'
import type { StatementMessage } from '../instrument/message.ts'
import type { Scope } from '../instrument/scope.ts'
import { reportFailure, state } from '../instrument/state.ts'
import { serverSpanOf, spanOf } from './api.ts'
import { unwatchEnd, watchEnd } from './early-end.ts'
import { beforeEndOf } from './span-end.ts'

/** The span that a scope is the work of. */
export interface Enclosing {
  /** In which the span is the active one, or an outer one. */
  readonly context: Context
  readonly span: Span
  /** True for the span of a request, which is known wherever its context is. */
  readonly isServer: boolean
  /** Queries that are counted on a span that has ended before its scope; undefined while it goes on. */
  counted: number | undefined
}

/** What becomes of a request whose trace is not sampled; see the option `unsampled`. */
export type UnsampledMode = 'count' | 'judge'

const enclosing = new WeakMap<Scope, Enclosing>()

/** The span around a scope that has sent a statement; undefined where there was none. */
export function enclosingSpanOf(scope: Scope): Enclosing | undefined {
  return enclosing.get(scope)
}

/**
 * Notes the span around a scope at its first statement, and tells in which context a statement was sent.
 *
 * The SERVER span of a request is opened after our scope, so it is found here. It is also what tells that a context is
 * the one of another request: that of a callback which a pool called while it served somebody else. Such a statement is
 * put under the span of its own request.
 */
export function contextOf(
  { scope, context: captured, isStray }: StatementMessage,
  unsampled: UnsampledMode,
): Context | undefined {
  const context = captured as Context | undefined
  if (context === undefined || isStray) return context
  const known = enclosing.get(scope)
  if (known === undefined) {
    note(scope, context, unsampled)
    return context
  }
  if (known.counted !== undefined && scope.kind !== 'request') {
    const next = spanOf(context)
    if (next?.isRecording()) keep(scope, asEnclosing(context, next, false))
    return context
  }
  const isLost = known.isServer && scope.kind === 'request' && serverSpanOf(context) !== known.span
  return isLost ? known.context : context
}

function note(scope: Scope, context: Context, unsampled: UnsampledMode): void {
  const found = find(scope, context)
  if (found === undefined) return
  // tests and blocks are asked for, and a profiler beside us looks at everything
  const isUnit = scope.kind === 'request' || scope.kind === 'job'
  if (unsampled === 'count' && isUnit && state.profilers === 0 && isUnsampled(found.span)) scope.isCountedOnly = true
  keep(scope, found)
}

function keep(scope: Scope, found: Enclosing): void {
  enclosing.set(scope, found)
  if (!found.span.isRecording()) return
  if (found.isServer) closeBeforeEndOf(found.span, scope)
  // what is on the span of a request is told of the request
  else if (!isServerSpan(found.span)) watchEnd(found.span, scope)
}

/** The span around a scope that closes is not watched any more. */
export function leaveSpanOf(scope: Scope): void {
  const around = enclosing.get(scope)
  if (around !== undefined) unwatchEnd(around.span, scope)
}

/** True where a sampler has decided against a trace; not where there is no tracer at all, or one that decides later. */
function isUnsampled(span: Span): boolean {
  if (span.isRecording()) return false
  const { traceFlags, traceId } = span.spanContext()
  return (traceFlags & SAMPLED) === 0 && /[^0]/.test(traceId)
}

const SAMPLED = 1

function find(scope: Scope, context: Context): Enclosing | undefined {
  const server = serverSpanOf(context)
  if (scope.kind === 'request') {
    const span = server ?? spanOf(context)
    return span === undefined ? undefined : asEnclosing(context, span, server !== undefined || isServerSpan(span))
  }
  const opened = scope.context as Context | undefined
  const around = spanOf(opened)
  if (opened !== undefined && around !== undefined) return asEnclosing(opened, around, false)
  const span = spanOf(context)
  return span === undefined ? undefined : asEnclosing(context, span, false)
}

function asEnclosing(context: Context, span: Span, isServer: boolean): Enclosing {
  return { context, span, isServer, counted: undefined }
}

/** Spans of an SDK tell their kind, though the API does not ask it of them. */
function isServerSpan(span: Span): boolean {
  return (span as { readonly kind?: unknown }).kind === SERVER
}

const SERVER = 1

/**
 * Closes a scope right before the span around it ends: what is set on a span that has ended is lost, and HTTP
 * instrumentation ends it in the same event as we close the scope, a listener earlier. Only this one object is touched.
 *
 * The end is put off to a microtask, with the time it was asked for: the listeners of the application that come after are
 * still a part of the request, and the time it takes to judge them is none.
 */
function closeBeforeEndOf(span: Span, scope: Scope): void {
  beforeEndOf(span, (finish) => {
    inMicrotask(() => {
      guard(() => scope.closeNow())
      guard(finish)
    })
  })
}

/** Nothing may leave a microtask of ours. */
function guard(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    reportFailure('OpenTelemetry request', error)
  }
}
