import type { ScopeExecution } from './model/report.ts'
import type { ScopeResult } from './profiler.ts'

/** More of one scope fill a screen many times over. */
const MAX_PER_SCOPE = 1_000

/** Of a process: a few megabytes of trace, which viewers open at once. */
const MAX_IN_ALL = 20_000

/** Makes the timelines of scopes, as many as there is room for. */
export class TimelineBudget {
  #room = MAX_IN_ALL

  /** The executions of a scope, in start order; undefined where there is no room left. */
  take({ trace, findings }: ScopeResult): ScopeExecution[] | undefined {
    if (this.#room === 0) return undefined
    const owners = new Map(
      findings.flatMap(({ identity, executions }) => executions.map((id) => [id, identity] as const)),
    )
    const listed = trace.executions.slice(0, Math.min(MAX_PER_SCOPE, this.#room))
    this.#room -= listed.length
    return listed.map(({ id, statement, callSite, startMs, durationMs, rows, error }) => {
      const { summary = '', fingerprint = '' } = trace.statements[statement] ?? {}
      const frame = callSite === undefined ? undefined : trace.callSites[callSite]?.frames[0]
      const finding = owners.get(id)
      return {
        summary,
        fingerprint,
        startMs,
        durationMs,
        ...(rows === undefined ? {} : { rows }),
        ...(error === undefined ? {} : { error }),
        ...(frame === undefined ? {} : { callSite: frame }),
        ...(finding === undefined ? {} : { finding }),
      }
    })
  }
}
