import { analyze } from './analyze.ts'
import type { Finding } from './model/finding.ts'
import type { ReportScope } from './model/report.ts'
import type { ProfilerOptions } from './options.ts'
import { type SpanUnit, traceOfSpans } from './span-trace.ts'

/** A unit of work that was judged by its spans. */
export interface JudgedUnit {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
  /** Ids of the spans that a finding stands for, in start order. */
  spanIdsOf(finding: Finding): string[]
}

/** Runs the detectors over the spans of a unit. */
export function judgeSpans(
  unit: SpanUnit,
  options: Pick<ProfilerOptions, 'detectors' | 'only' | 'ignore'>,
): JudgedUnit {
  const { trace, spans } = traceOfSpans(unit)
  return {
    scope: { ...trace.scope, queries: sumsOf({ ...unit, spans }) },
    findings: analyze(trace, options),
    spanIdsOf: ({ executions }) => executions.flatMap((id) => spans[id]?.spanId ?? []),
  }
}

/** A unit that holds nothing to judge. */
export function unjudgedSpans(unit: SpanUnit): JudgedUnit {
  return { scope: { ...unit.scope, queries: sumsOf(unit) }, findings: [], spanIdsOf: () => [] }
}

/** Sums over statements; transaction control is not counted. */
function sumsOf({ spans, folded }: SpanUnit): ReportScope['queries'] {
  const sums = { count: 0, durationMs: 0, rows: 0 }
  for (const { statement, startMs, endMs } of spans) {
    if (statement.shape.kind === 'transaction') continue
    sums.count++
    sums.durationMs += endMs - startMs
    sums.rows += statement.call.rows ?? 0
  }
  for (const [shape, { count, durationMs, rows }] of folded) {
    if (shape.kind === 'transaction') continue
    sums.count += count
    sums.durationMs += durationMs
    sums.rows += rows
  }
  return sums
}
