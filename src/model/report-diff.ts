import type { Growth, Severity } from './finding.ts'
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

/** What `nonplus diff --fail-on` takes. */
export type RegressionRule = 'new-findings' | 'queries' | 'coverage' | 'time'

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
}
