import type { Scope } from './instrument/scope.ts'
import type { Finding } from './model/finding.ts'
import type { ExplainedStatement } from './model/plan.ts'
import type { ReportScope } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import type { ScopeRecord } from './recorder.ts'
import type { ScopeResult } from './scope-result.ts'
import { buildTrace } from './trace-builder.ts'

/** Plans of the statements of a trace. */
export type PlanSource = (trace: Trace) => readonly ExplainedStatement[]

export const noPlans: PlanSource = () => []

/** Most scopes hold no finding, and nobody asks for their traces: so a trace is made when it is asked for. */
export class ClosedScope implements ScopeResult {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
  readonly #source: Scope
  readonly #record: ScopeRecord
  readonly #plansOf: PlanSource

  constructor(
    scope: ReportScope,
    findings: readonly Finding[],
    source: Scope,
    record: ScopeRecord,
    plansOf: PlanSource = noPlans,
  ) {
    this.scope = scope
    this.findings = findings
    this.#source = source
    this.#record = record
    this.#plansOf = plansOf
  }

  get trace(): Trace {
    return traceWithPlans(this.#source, this.#record, this.#plansOf)
  }
}

/** The trace of a scope, with the plans of its statements. */
export function traceWithPlans(scope: Scope, record: ScopeRecord, plansOf: PlanSource): Trace {
  const trace = buildTrace(scope, record)
  return plansOf === noPlans ? trace : { ...trace, plans: plansOf(trace) }
}
