import type { Context, SpanContext } from '@opentelemetry/api'
import { now } from '../instrument/clock.ts'
import { readSpan, type UnitStatement } from '../span-trace.ts'
import { spanOf, withSpan } from './api.ts'
import { OpenSpan, OpenUnit } from './open-unit.ts'
import { RecentIds } from './recent-ids.ts'
import type { SpanCoverage } from './span-coverage.ts'
import { millisecondsOf, type SdkSpan } from './span-types.ts'

/** How much is kept of units that are under way. */
export interface UnitLimits {
  /** Units under way; the oldest is given up for one more. */
  readonly maxTraces: number
  /** Spans of one unit; of statements beyond them only the numbers are kept. */
  readonly maxSpansPerTrace: number
  /** Milliseconds after which a unit is given up. */
  readonly maxTraceMs: number
}

/** Spans of all units together; the oldest unit is given up for more. */
const MAX_SPANS = 200_000

const SERVER = 1
const CONSUMER = 4
const ERROR = 2

/**
 * Files spans under their unit of work: the local root, which has no parent or one in another process. A request or a
 * message inside a longer span, as that of a whole program, is a unit of its own.
 */
export class SpanUnits {
  readonly #limits: UnitLimits
  readonly #coverage: SpanCoverage
  readonly #longestText: number
  readonly #units = new Set<OpenUnit>()
  readonly #spans = new Map<string, OpenSpan>()
  /** Spans of requests and messages that have ended. */
  readonly #ended = new RecentIds()
  /** Spans of other units that have ended, such as a connection that was opened in no request. */
  readonly #endedOutside = new RecentIds()

  /** @param longestText length at which the tracer cuts attributes; 0 for none. */
  constructor(limits: UnitLimits, coverage: SpanCoverage, longestText: number) {
    this.#limits = limits
    this.#coverage = coverage
    this.#longestText = longestText
  }

  start(span: SdkSpan, context: Context): void {
    const around = spanContextOf(context)
    const parent = around === undefined || around.isRemote ? undefined : this.#spans.get(around.spanId)
    if (parent !== undefined && !beginsWork(span, parent.unit)) this.#keep(new OpenSpan(parent.unit, span, parent))
    else if (parent !== undefined || around === undefined || around.isRemote) this.#open(span, context)
    else if (isWork(span)) this.#open(span, context)
  }

  /** Files the statement of a span, if it has one. */
  end(span: SdkSpan): void {
    const open = this.#spans.get(span.spanContext().spanId)
    open?.end(span)
    const reading = readSpan(span.attributes, this.#longestText, errorOf(span))
    if (reading === undefined) return
    const { call, statement } = reading
    const { counters } = this.#coverage
    this.#coverage.see(span)
    if (call.isCut) counters.cut++
    else if (statement === undefined) counters.untold++
    else if (open === undefined) this.#place(span, statement)
    else if (open.parent === undefined) counters.outside++
    else {
      counters.attributed++
      if (call.frame !== undefined) counters.withCallSite++
      if (open.isUnderEnded) counters.underEnded++
      open.unit.add(open, statement)
      // most spans, and what is below them has ended
      this.#spans.delete(open.spanId)
    }
  }

  /** Files the statement of a span that is not kept. */
  #place(span: SdkSpan, statement: UnitStatement): void {
    const { counters } = this.#coverage
    const parentId = parentIdOf(span)
    const unit = this.#spans.get(parentId ?? '')?.unit
    if (parentId === undefined || this.#endedOutside.has(parentId)) counters.outside++
    else if (unit !== undefined) {
      counters.attributed++
      counters.folded++
      unit.fold(statement, millisecondsOf(span.endTime) - millisecondsOf(span.startTime))
    } else if (this.#ended.has(parentId)) counters.late++
    else counters.unplaced++
  }

  /** The unit that a span is the root of, while it is under way. */
  unitOf(span: SdkSpan): OpenUnit | undefined {
    const open = this.#spans.get(span.spanContext().spanId)
    return open?.parent === undefined ? open?.unit : undefined
  }

  /** Forgets a unit; what comes later from it is counted as late. */
  close(unit: OpenUnit): void {
    if (!this.#units.delete(unit)) return
    const ended = isWork(unit.root) ? this.#ended : this.#endedOutside
    for (const { spanId, statement } of unit.spans) {
      if (statement !== undefined) continue
      this.#spans.delete(spanId)
      ended.add(spanId)
    }
  }

  #open(span: SdkSpan, context: Context): void {
    const time = now()
    for (const oldest of this.#units) {
      const isFull = this.#units.size >= this.#limits.maxTraces || this.#spans.size >= MAX_SPANS
      if (!isFull && time - oldest.openedAt < this.#limits.maxTraceMs) break
      this.#giveUp(oldest)
    }
    const unit = new OpenUnit(span, withSpan(context, span as never), time)
    this.#units.add(unit)
    this.#keep(new OpenSpan(unit, span, undefined))
  }

  #giveUp(unit: OpenUnit): void {
    this.#coverage.counters.givenUp += unit.statements.length
    this.#units.delete(unit)
    for (const { spanId } of unit.spans) this.#spans.delete(spanId)
  }

  #keep(span: OpenSpan): void {
    if (span.unit.spans.length >= this.#limits.maxSpansPerTrace) return
    span.unit.spans.push(span)
    this.#spans.set(span.spanId, span)
  }
}

function spanContextOf(context: Context): SpanContext | undefined {
  const around = spanOf(context)?.spanContext()
  return around === undefined || /^0*$/.test(around.spanId) ? undefined : around
}

/** Undefined for a root, and, since 2, for one with a parent in another process. */
function parentIdOf({ parentSpanContext, parentSpanId }: SdkSpan): string | undefined {
  return parentSpanContext?.isRemote ? undefined : (parentSpanContext?.spanId ?? parentSpanId)
}

/** A request or a message inside what is neither, such as the span of a whole program. */
function beginsWork(span: SdkSpan, { root }: OpenUnit): boolean {
  return isWork(span) && !isWork(root)
}

function isWork({ kind }: SdkSpan): boolean {
  return kind === SERVER || kind === CONSUMER
}

/** A name without values: messages quote them. */
function errorOf({ status, attributes }: SdkSpan): string | undefined {
  if (status.code !== ERROR) return undefined
  return String(attributes['db.response.status_code'] ?? attributes['error.type'] ?? 'error')
}
