import type { Growth, Severity } from './finding.ts'
import type { Plan } from './plan.ts'
import type { Frame } from './trace.ts'

/** Of the runs of one scope name: the lowest, the middle and the highest count. Equal where there was one. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** Scopes of one name on one side of a comparison. */
export interface ScopeNumbers {
  /** How many there were. */
  readonly runs: number
  readonly queries: Spread
  /** In the database, in the middle of the runs. */
  readonly databaseMs: number
  /** In the middle of the runs. */
  readonly rows: number
}

/**
 * What became of a finding in scopes of one name. `new`: the side before has it nowhere. `known`: it has it, in other
 * scopes. `fixed`: the scope ran again, and it is not in it any more. `unseen`: the scope did not run again.
 */
export type FindingChange = 'new' | 'known' | 'unchanged' | 'fixed' | 'unseen'

/** A finding in scopes of one name, on both sides of a comparison. */
export interface FindingDiff {
  readonly change: FindingChange
  readonly identity: string
  readonly kind: string
  readonly severity: Severity
  readonly title: string
  /** True where a baseline tolerates it. */
  readonly isTolerated: boolean
  /** The line to look at: that of the loop where it is known. */
  readonly callSite?: Frame
  /** Number of queries as a formula of the data, where both sides know it and it is not the same. */
  readonly growth?: { readonly before: Growth; readonly after: Growth }
}

/** Scopes of one name on both sides; one side is absent where there were none. */
export interface ScopeDiff {
  readonly name: string
  readonly before?: ScopeNumbers
  readonly after?: ScopeNumbers
  readonly findings: readonly FindingDiff[]
}

/**
 * Why a plan is not what it was. `index-gone`, `index-new`: of a table of it. `table-grew`, `table-shrank`: by a tenth at
 * least. `settings`: of the planner. `server`: its version. `statistics`: other estimates for tables that are as large as
 * they were. `shape`: none of these is known.
 */
export type PlanCauseKind =
  | 'index-gone'
  | 'index-new'
  | 'table-grew'
  | 'table-shrank'
  | 'settings'
  | 'server'
  | 'statistics'
  | 'shape'

/** One reason, with its names and numbers: `orders_customer_id_idx of orders is gone`. */
export interface PlanCause {
  readonly kind: PlanCauseKind
  readonly text: string
}

/** A number on both sides. */
export interface Change {
  readonly before: number
  readonly after: number
}

/**
 * A statement whose plan has another shape than before. `regression`: it costs half as much again, or takes twice the
 * time; `improvement` the other way round; `changed` neither.
 */
export interface PlanDiff {
  readonly change: 'regression' | 'improvement' | 'changed'
  readonly kind: 'plan-regression' | 'plan-improvement' | 'plan-change'
  readonly identity: string
  /** Of the statement. */
  readonly fingerprint: string
  readonly summary: string
  /** Names of scopes it runs in, a few. */
  readonly scopes: readonly string[]
  /** The most telling first; at least one. */
  readonly causes: readonly PlanCause[]
  /** In the unit of the plan. */
  readonly cost?: Change
  /** Milliseconds, where both plans were executed. */
  readonly timeMs?: Change
  readonly before: Plan
  readonly after: Plan
  /** Ids of the first nodes that are not alike; absent on a side that has no such node, or where names do not tell. */
  readonly node: { readonly before?: number; readonly after?: number }
}

/** What `nonplus diff --fail-on` takes. */
export type RegressionRule = 'new-findings' | 'queries' | 'coverage' | 'time' | 'plans'

/** Something that became worse, by one of the rules that were asked for. */
export interface Regression {
  readonly rule: RegressionRule
  /** Absent where it is about the whole report. */
  readonly scope?: string
  /** Of a finding. */
  readonly identity?: string
  /** One line with the numbers. */
  readonly summary: string
}

/** What a change did, per name of a scope. Version 1 of what `nonplus diff --reporter json` writes. */
export interface ReportDiff {
  readonly version: 1
  readonly tool: { readonly name: 'nonplus'; readonly version: string }
  /** Changed ones and unchanged ones, by name. */
  readonly scopes: readonly ScopeDiff[]
  readonly regressions: readonly Regression[]
  /** Statements whose plans changed, the worst first; absent where a side has no plans. */
  readonly plans?: readonly PlanDiff[]
}
