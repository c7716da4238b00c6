import type { Attributes, SpanContext } from '@opentelemetry/api'

/** Seconds and nanoseconds since 1970. */
export type HrTime = readonly [seconds: number, nanoseconds: number]

/** What is read of the spans of an SDK, of major 1, 2 or 3. */
export interface SdkSpan {
  readonly name: string
  readonly kind: number
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: Attributes
  readonly status: { readonly code: number }
  /** Since 2. */
  readonly parentSpanContext?: SpanContext | undefined
  /** Before 2. */
  readonly parentSpanId?: string | undefined
  /** Since 2. */
  readonly instrumentationScope?: InstrumentationScope | undefined
  /** Before 2. */
  readonly instrumentationLibrary?: InstrumentationScope | undefined
  spanContext(): SpanContext
}

/** Who made a span. */
export interface InstrumentationScope {
  readonly name: string
  readonly version?: string | undefined
}

export function millisecondsOf([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000 + nanoseconds / 1e6
}
