import { analyze } from './analyze.ts'
import type { Scope } from './instrument/scope.ts'
import { state } from './instrument/state.ts'
import type { ProfilerOptions } from './options.ts'
import type { ScopeRecord } from './recorder.ts'
import { sumsOf } from './scope-sums.ts'
import { makeTrace } from './trace-builder.ts'

/** Statements up to which N+1 queries are looked for before the answer is sent; the numbers are told in any case. */
const MAX_JUDGED = 1_000

/** Lets answers carry the header `Server-Timing`, where the options ask for it and the environment allows it. */
export function installServerTiming(options: ProfilerOptions): void {
  const { serverTiming = false } = options
  if (serverTiming === false || (serverTiming === true && process.env.NODE_ENV === 'production')) return
  state.serverTiming = (scope) => serverTimingOf(scope, options)
}

/** `db;dur=48.1;desc="53 queries", n1;desc="1"`: what is known when the head of the answer is written. */
function serverTimingOf(scope: Scope, options: ProfilerOptions): string {
  const record = scope.record as ScopeRecord | undefined
  const { count, durationMs } = record === undefined ? { count: 0, durationMs: 0 } : sumsOf(record)
  const db = `db;dur=${durationMs.toFixed(1)};desc="${count} ${count === 1 ? 'query' : 'queries'}"`
  const loops = record === undefined ? 0 : loopsIn(scope, record, options)
  return loops === 0 ? db : `${db}, n1;desc="${loops}"`
}

function loopsIn(scope: Scope, record: ScopeRecord, { detectors, only, ignore }: ProfilerOptions): number {
  if (!record.hasRepeats || record.messages.length > MAX_JUDGED) return 0
  const findings = analyze(makeTrace(scope, record), {
    ...(detectors === undefined ? {} : { detectors }),
    ...(only === undefined ? {} : { only }),
    ...(ignore === undefined ? {} : { ignore }),
  })
  return findings.filter(({ kind, severity }) => kind === 'n-plus-one' && severity !== 'info').length
}
