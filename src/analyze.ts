import type { Detector } from './detectors/detector.ts'
import { detectors } from './detectors/index.ts'
import { withoutContradictions } from './detectors/plan-precedence.ts'
import { reportFailure } from './instrument/state.ts'
import { withMigration } from './migration-advice.ts'
import type { Finding } from './model/finding.ts'
import type { Trace } from './model/trace.ts'
import { isWanted, type ProfilerOptions } from './options.ts'

/** Runs the detectors over one trace. A detector that fails is counted and leaves the others alone. */
export function analyze(trace: Trace, options: ProfilerOptions = {}): Finding[] {
  const findings: Finding[] = []
  for (const detector of detectors) {
    const settings = options.detectors?.[detector.kind]
    if (settings === false || !isWanted(detector.kind, options)) continue
    try {
      const { defaults, detect } = detector as unknown as Detector
      findings.push(...detect(trace, { ...defaults, ...settings }))
    } catch (error) {
      reportFailure(`detector ${detector.kind}`, error)
    }
  }
  return withoutWeaker(findings).map((finding) => withMigration(finding, trace))
}

/**
 * Repeats inside a loop are part of the loop: of two findings over the same executions the first kind stands. Findings on
 * one plan are told apart by their own order.
 */
function withoutWeaker(findings: readonly Finding[]): Finding[] {
  const looped = new Set(findings.flatMap(({ kind, executions }) => (kind === 'n-plus-one' ? executions : [])))
  return withoutContradictions(findings).filter(
    ({ kind, executions }) => kind !== 'duplicate-query' || !executions.every((id) => looped.has(id)),
  )
}
