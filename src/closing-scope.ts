import type { Explainer, Studying } from './explainer.ts'
import type { Scope } from './instrument/scope.ts'
import { reportFailure } from './instrument/state.ts'
import type { ExplainedStatement } from './model/plan.ts'
import type { Report } from './model/report.ts'
import type { Trace } from './model/trace.ts'
import type { ProfilerOptions } from './options.ts'
import { ledgerOfScope, withPlans } from './plan-report.ts'
import { recordOf, type ScopeRecord } from './recorder.ts'
import { scopeReport } from './scope-report.ts'
import { recordsToJudge, resultOf, resultOfRecord, type ScopeResult } from './scope-result.ts'
import type { Study } from './study.ts'
import { buildTrace } from './trace-builder.ts'

/** A scope that has closed, and is judged when the plans of its statements are there. */
export class ClosingScope {
  /** Studies of its statements that are not settled. */
  readonly waiting: readonly Study[]
  readonly #scope: Scope
  readonly #record: ScopeRecord
  readonly #options: ProfilerOptions
  readonly #explainer: Explainer | undefined
  readonly #studying: Studying | undefined
  #result: ScopeResult | undefined

  constructor(scope: Scope, options: ProfilerOptions, explainer: Explainer | undefined) {
    this.#scope = scope
    this.#record = recordOf(scope)
    this.#options = options
    this.#explainer = explainer
    this.#studying = explainer?.take(this.#record.messages, scope.name)
    this.waiting = this.#studying?.waiting ?? []
    if (this.#studying === undefined) this.#result = resultOf(scope, options)
    // rows are the application's, which may change them later
    else readNow(scope, this.#record, scope.kind === 'test')
  }

  /** Resolves when it may be judged. */
  async settled(): Promise<void> {
    if (this.waiting.length > 0) await this.#explainer?.settledInTime(this.waiting)
  }

  /** What was found in it; judged when this is first called. */
  result(): ScopeResult {
    this.#result ??= resultOfRecord(this.#scope, this.#record, this.#options, (trace) => this.#plansOf(trace))
    return this.#result
  }

  /** The report of this scope alone, and its trace. */
  profiled(): { readonly report: Report; readonly trace: Trace } {
    const result = this.result()
    const { trace } = result
    const report = scopeReport(result, trace)
    if (this.#explainer === undefined || this.#studying === undefined) return { report, trace }
    return { report: withPlans(report, ledgerOfScope(this.#explainer, this.#studying.candidates)), trace }
  }

  #plansOf(trace: Trace): readonly ExplainedStatement[] {
    return this.#explainer?.plansOf(trace, this.#studying?.candidates ?? []) ?? []
  }
}

/** Builds the traces that will be judged, while the rows are what was read. */
function readNow(scope: Scope, record: ScopeRecord, isTest: boolean): void {
  try {
    for (const part of recordsToJudge(scope, record, isTest)) buildTrace(part.scope, part.record)
    buildTrace(scope, record)
  } catch (error) {
    reportFailure('trace', error)
  }
}
