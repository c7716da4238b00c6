import type { Finding } from './model/finding.ts'
import type { ScopeExecution } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import type { ScopeResult } from './scope-result.ts'

/** More of one scope fill a screen many times over. */
const MAX_PER_SCOPE = 1_000

/** Of a process: a few megabytes of trace, which viewers open at once. */
const MAX_IN_ALL = 20_000

/** A timeline, and what did not go on it. */
interface Timeline {
  /** In start order; absent where there is no room left. */
  readonly executions?: ScopeExecution[]
  /** Executions beyond them; absent where there are none. */
  readonly omittedExecutions?: number
}

/** Makes the timelines of scopes, as many as there is room for. */
export class TimelineBudget {
  #room = MAX_IN_ALL

  /** The executions of a scope, as many as there is room for. */
  take({ trace, findings }: ScopeResult): Timeline {
    const all = trace.folded.reduce((sum, { count }) => sum + count, trace.executions.length)
    const isFull = this.#room === 0
    const executions = isFull ? [] : this.#list(trace, findings)
    const omitted = all - executions.length
    return { ...(isFull ? {} : { executions }), ...(omitted === 0 ? {} : { omittedExecutions: omitted }) }
  }

  #list(trace: Trace, findings: readonly Finding[]): ScopeExecution[] {
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
