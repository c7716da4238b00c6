import type { Attributes, Context, SpanContext } from '@opentelemetry/api'
import { noteLoss } from '../instrument/state.ts'
import { NonplusError } from '../model/errors.ts'
import { checkValues, display } from '../options.ts'
import { spanOf } from './api.ts'

/** What is read of a span of an SDK. */
export interface RecordedSpan {
  spanContext(): SpanContext
  readonly attributes: Attributes
}

/** A span processor, as every SDK has it. */
export interface SpanProcessor<Span extends RecordedSpan = RecordedSpan> {
  onStart(span: Span, parentContext: Context): void
  onEnding?(span: Span): void
  onEnd(span: Span): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** Bounds of {@link NonplusTailProcessor}. */
export interface TailOptions {
  /** Spans that wait for the end of their request, over all requests under way. @default 20000, some 20 MB */
  readonly maxSpans?: number
  /** Spans that wait for one request. @default 1000: a trace that is longer is not read to its end by anybody */
  readonly maxSpansPerRequest?: number
}

const SAMPLED = 1

/** The spans of one local root that the head sampler did not want. */
class Waiting {
  spans: RecordedSpan[] = []
  /** Undefined while the root is under way. */
  isKept: boolean | undefined
  isProven = false
  readonly root: RecordedSpan

  constructor(root: RecordedSpan) {
    this.root = root
  }
}

/**
 * Hands on what is sampled, and of the rest what belongs to a request with a proven finding. Spans wait until the local
 * root has ended, within bounds; what is lost to them is counted, and told in the coverage.
 *
 * Downstream services were told by the head that the request is not sampled: they decide for themselves.
 */
export class NonplusTailProcessor<Span extends RecordedSpan = RecordedSpan> implements SpanProcessor<Span> {
  readonly #next: SpanProcessor<Span>
  readonly #maxSpans: number
  readonly #maxSpansPerRequest: number
  readonly #waitingOf = new WeakMap<object, Waiting>()
  /** In the order in which their roots began. */
  readonly #open = new Set<Waiting>()
  #spans = 0

  /** @throws NonplusError ERR_OPTION_INVALID where an option is unknown, or no integer from 1 up. */
  constructor(next: SpanProcessor<Span>, options: TailOptions = {}) {
    checkValues(options, { maxSpans: checkCount, maxSpansPerRequest: checkCount })
    this.#next = next
    this.#maxSpans = options.maxSpans ?? 20_000
    this.#maxSpansPerRequest = options.maxSpansPerRequest ?? 1_000
  }

  onStart(span: Span, parentContext: Context): void {
    this.#next.onStart(span, parentContext)
    if (isSampled(span)) return
    const parent = spanOf(parentContext)
    const around = parent === undefined ? undefined : this.#waitingOf.get(parent)
    const waiting = around ?? new Waiting(span)
    this.#waitingOf.set(span, waiting)
    if (around === undefined) this.#open.add(waiting)
  }

  onEnding(span: Span): void {
    this.#next.onEnding?.(span)
  }

  onEnd(span: Span): void {
    const waiting = isSampled(span) ? undefined : this.#waitingOf.get(span)
    if (waiting === undefined) {
      this.#next.onEnd(span)
      return
    }
    this.#waitingOf.delete(span)
    if (Number(span.attributes['nonplus.proven_findings'] ?? 0) > 0) waiting.isProven = true
    if (waiting.isKept === true) this.#hand(span)
    else if (waiting.isKept === undefined) this.#keep(waiting, span)
    if (waiting.root === span) this.#decide(waiting)
  }

  forceFlush(): Promise<void> {
    return this.#next.forceFlush()
  }

  shutdown(): Promise<void> {
    this.#open.clear()
    this.#spans = 0
    return this.#next.shutdown()
  }

  #keep(waiting: Waiting, span: Span): void {
    // the root itself is what the finding is on
    if (waiting.spans.length >= this.#maxSpansPerRequest && waiting.root !== span) {
      noteLoss('spans of long requests were not kept for a decision at their end', 1)
      return
    }
    waiting.spans.push(span)
    if (++this.#spans > this.#maxSpans) this.#dropOldest()
  }

  /** The one that has been under way for the longest may never end. */
  #dropOldest(): void {
    for (const waiting of this.#open) {
      if (waiting.spans.length === 0) continue
      noteLoss('spans of requests that took too long were not kept for a decision at their end', waiting.spans.length)
      this.#close(waiting, false)
      return
    }
  }

  #decide(waiting: Waiting): void {
    if (waiting.isKept !== undefined) return
    const { spans } = waiting
    this.#close(waiting, waiting.isProven)
    if (waiting.isProven) for (const span of spans) this.#hand(span as Span)
  }

  #close(waiting: Waiting, isKept: boolean): void {
    this.#open.delete(waiting)
    this.#spans -= waiting.spans.length
    waiting.spans = []
    waiting.isKept = isKept
  }

  /** Processors that export leave out what is not sampled; a span that has ended tells nobody else. */
  #hand(span: Span): void {
    span.spanContext().traceFlags |= SAMPLED
    this.#next.onEnd(span)
  }
}

function isSampled(span: RecordedSpan): boolean {
  return (span.spanContext().traceFlags & SAMPLED) !== 0
}

function checkCount(value: unknown, name: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return
  throw new NonplusError('ERR_OPTION_INVALID', `\`${name}\` must be an integer from 1 up, but got: ${display(value)}.`)
}
