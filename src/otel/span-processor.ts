import { setImmediate } from 'node:timers'
import type { Context, Span } from '@opentelemetry/api'
import { reportFailure, state } from '../instrument/state.ts'
import { type JudgedUnit, judgeSpans, unjudgedSpans } from '../judge-spans.ts'
import type { Coverage, Report } from '../model/report.ts'
import { scopeOfRoot } from '../span-scope.ts'
import type { SpanUnit } from '../span-trace.ts'
import { version } from '../version.ts'
import { scopeAttributes } from './finding-attributes.ts'
import { emitFindings } from './finding-events.ts'
import type { OpenUnit } from './open-unit.ts'
import { Providers } from './providers.ts'
import { SpanCoverage } from './span-coverage.ts'
import { checkSpanProcessorOptions, type SpanProcessorOptions } from './span-processor-options.ts'
import { millisecondsOf, type SdkSpan } from './span-types.ts'
import { SpanUnits } from './span-units.ts'

/** Findings that wait to be handed on; more are lost, and counted. */
const MAX_WAITING = 1_000

interface Judged {
  readonly unit: OpenUnit
  readonly judged: JudgedUnit
}

/**
 * Finds N+1 queries in the spans that other instrumentations make of statements: for processes that nonplus does not
 * watch itself. A span processor for `NodeSDK`, `NodeTracerProvider` and the like, of OpenTelemetry 1, 2 and 3.
 *
 * Nothing is `proven` here, since spans hold neither parameters nor rows. Only recorded traces are seen.
 */
export class NonplusSpanProcessor {
  readonly #options: SpanProcessorOptions
  readonly #coverage = new SpanCoverage()
  readonly #units: SpanUnits
  readonly #providers = new Providers()
  #waiting: Judged[] = []
  #isStopped = false

  /** @throws NonplusError ERR_OPTION_INVALID where an option is unknown or has a wrong value. */
  constructor(options: SpanProcessorOptions = {}) {
    this.#options = checkSpanProcessorOptions(options)
    const { maxTraces = 1_000, maxSpansPerTrace = 1_000, maxTraceMs = 300_000 } = options
    this.#units = new SpanUnits({ maxTraces, maxSpansPerTrace, maxTraceMs }, this.#coverage, longestAttribute())
    this.#isStopped = process.env.NONPLUS === '0'
  }

  /** What was seen so far, and what not. */
  coverage(): Coverage {
    return this.#coverage.report()
  }

  onStart(span: SdkSpan, parentContext: Context): void {
    if (this.#isStopped || this.#isLeftToOthers()) return
    guard('span start', () => this.#units.start(span, parentContext))
  }

  /** Called by SDKs since 2, while the span can still be changed: attributes of findings are set here. */
  onEnding(span: SdkSpan): void {
    guard('span ending', () => this.#conclude(span))
  }

  onEnd(span: SdkSpan): void {
    if (this.#isStopped) return
    guard('span end', () => {
      this.#units.end(span)
      // where onEnding() was not called
      this.#conclude(span)
    })
  }

  /** Hands on what waits. */
  async forceFlush(): Promise<void> {
    this.#handOn()
  }

  async shutdown(): Promise<void> {
    this.#isStopped = true
    this.#handOn()
  }

  /** The way out has the parameters and rows that the spans lack. */
  #isLeftToOthers(): boolean {
    if (!state.services.has('otel')) return false
    this.#coverage.isSilent = true
    return true
  }

  #conclude(span: SdkSpan): void {
    const unit = this.#units.unitOf(span)
    if (unit === undefined) return
    this.#units.close(unit)
    if (unit.statements.length === 0) return
    const spans = spansOf(unit, span)
    const judged = unit.hasRepeats ? judgeSpans(spans, this.#options) : unjudgedSpans(spans)
    if (this.#options.findings !== false) setAttributes(span, judged)
    if (judged.findings.length === 0) return
    if (this.#waiting.length >= MAX_WAITING) this.#coverage.counters.lost++
    else if (this.#waiting.push({ unit, judged }) === 1) setImmediate(() => this.#handOn())
  }

  #handOn(): void {
    const { findings = true, onFindings } = this.#options
    for (const { unit, judged } of this.#waiting.splice(0)) {
      if (findings) guard('OpenTelemetry event', () => this.#emit(unit, judged))
      if (onFindings !== undefined) guard('onFindings', () => onFindings(this.#reportOf(judged)))
    }
  }

  #emit({ context }: OpenUnit, { scope, findings, spanIdsOf }: JudgedUnit): void {
    this.#coverage.counters.unsent += emitFindings(this.#providers, findings, { scope, context, spanIdsOf })
  }

  #reportOf({ scope, findings }: JudgedUnit): Report {
    return {
      version: 1,
      tool: { name: 'nonplus', version },
      scopes: [scope],
      findings,
      coverage: this.#coverage.report(),
    }
  }
}

function spansOf({ statements, folded, spans, startMs }: OpenUnit, root: SdkSpan): SpanUnit {
  const { name, kind, attributes, endTime } = root
  const scope = scopeOfRoot({ name, kind, attributes, startMs, endMs: millisecondsOf(endTime), ...root.spanContext() })
  // tracers name a request by its method, which would tell no place
  if (spans[0] !== undefined) spans[0].name = scope.name
  return { scope, startMs, spans: statements, folded }
}

function setAttributes(span: SdkSpan, { scope, findings }: JudgedUnit): void {
  const live = span as unknown as Partial<Span>
  // after its end the SDK would log a warning
  if (live.isRecording?.() === true) live.setAttributes?.(scopeAttributes(scope, findings))
}

function guard(where: string, fn: () => void): void {
  try {
    fn()
  } catch (error) {
    reportFailure(where, error)
  }
}

/** The limit that is set for all tracers of the process; one that is set in code is not known. */
function longestAttribute(): number {
  const { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: ofSpans, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: ofAll } = process.env
  const limit = Number(ofSpans ?? ofAll)
  return Number.isFinite(limit) ? limit : 0
}
