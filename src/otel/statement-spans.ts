import { setImmediate } from 'node:timers'
import type { Attributes, Span, SpanContext } from '@opentelemetry/api'
import type { StatementMessage } from '../instrument/message.ts'
import { sourceFrameOf } from '../instrument/source-map.ts'
import { reportFailure } from '../instrument/state.ts'
import type { Frame } from '../model/trace.ts'
import { isSuppressed, spanOf } from './api.ts'
import { contextOf, type UnsampledMode } from './enclosing-span.ts'
import { errorAttributes } from './error-attributes.ts'
import type { Providers } from './providers.ts'
import { describeStatement } from './statement-attributes.ts'

/** When spans of statements are made. `auto`: for drivers that no other instrumentation of OpenTelemetry wraps. */
export type SpanMode = 'auto' | boolean

const CLIENT = 2
const ERROR = 2
const SAMPLED = 1

/** The span of a statement, from its start to its end; then what is left of it. */
interface StatementSpan {
  span: Span | undefined
  readonly context: SpanContext
}

/** One CLIENT span per statement, in the context of the call. */
export class StatementSpans {
  readonly #providers: Providers
  readonly #mode: SpanMode
  readonly #unsampled: UnsampledMode
  /** Ended, and their line is only known when those who await them run. */
  #waiting: StatementMessage[] = []

  constructor(providers: Providers, mode: SpanMode, unsampled: UnsampledMode) {
    this.#providers = providers
    this.#mode = mode
    this.#unsampled = unsampled
  }

  start(message: StatementMessage): void {
    const context = contextOf(message, this.#unsampled)
    if (!isOurs(message, this.#mode) || isSuppressed(context)) return
    const around = spanOf(context)
    if (around !== undefined && !isSampled(around)) return
    const tracer = this.#providers.tracer.get()
    if (tracer === undefined) return
    const { name, attributes } = describeStatement(message)
    const options = { kind: CLIENT, attributes, startTime: message.startedAt }
    const span = tracer.startSpan(name, options, context)
    if (span.isRecording()) message.span = { span, context: span.spanContext() } satisfies StatementSpan
  }

  end(message: StatementMessage): void {
    if (message.span === undefined) return
    const isLineDue = message.needsCallSite && message.callSite === undefined
    if (!isLineDue) endSpan(message)
    else if (this.#waiting.push(message) === 1) setImmediate(() => this.flush())
  }

  /** Ends what waits for its line. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const message of waiting) {
      try {
        endSpan(message)
      } catch (error) {
        reportFailure('OpenTelemetry span', error)
      }
    }
  }
}

/** False where another instrumentation makes the spans of this driver. */
export function isOurs({ driver, through }: StatementMessage, mode: SpanMode): boolean {
  return mode === true || (mode === 'auto' && driver.isTraced?.(through) !== true)
}

function isSampled(span: Span): boolean {
  // a span that came with a request records nothing here, and may be sampled all the same
  return span.isRecording() || (span.spanContext().traceFlags & SAMPLED) !== 0
}

/** Id of the span of a statement, also once it has ended; undefined where it has none. */
export function spanIdOf({ span }: StatementMessage): string | undefined {
  return (span as StatementSpan | undefined)?.context.spanId
}

/** Ends the span of a stream that was neither read to its end nor closed, with the scope it was opened in. */
export function endAbandoned(message: StatementMessage, endedAt: number): void {
  if (message.isStreamed && !message.hasEnded) endSpan(message, endedAt)
}

function endSpan(message: StatementMessage, endedAt: number = message.endedAt): void {
  const held = message.span as StatementSpan | undefined
  const span = held?.span
  if (held === undefined || span === undefined) return
  held.span = undefined
  span.setAttributes(endAttributes(message))
  if (message.error !== undefined) {
    const failure = errorAttributes(message.error, message.driver.dialect)
    span.setAttributes(failure)
    span.setStatus({ code: ERROR, message: String(failure['error.type']) })
  }
  // of the same clock as the start, which the SDK converts
  span.end(endedAt)
}

function endAttributes({ callSite, statement, rows, error }: StatementMessage): Attributes {
  const [frame] = callSite?.frames ?? []
  return {
    ...(frame === undefined ? {} : codeAttributes(sourceFrameOf(frame))),
    ...(statement?.kind === 'select' && error === undefined ? { 'db.response.returned_rows': rows } : {}),
  }
}

/** A line by the conventions for code; the path is absolute, as they want it. */
export function codeAttributes({ file, line, column, function: name }: Frame): Attributes {
  return {
    'code.file.path': file,
    'code.line.number': line,
    'code.column.number': column,
    ...(name === '' ? {} : { 'code.function.name': name }),
  }
}
