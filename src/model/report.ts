import type { BaselineEntry } from './baseline.ts'
import type { Finding } from './finding.ts'
import type { Plan } from './plan.ts'
import type { Dialect } from './statement.ts'
import type { Frame, ScopeInfo } from './trace.ts'

/** One run of a statement, in the timeline of a scope. No values. */
export interface ScopeExecution {
  /** `SELECT users`. */
  readonly summary: string
  readonly fingerprint: string
  /** Since the scope began. */
  readonly startMs: number
  /** -1 while it had not ended when the scope closed. */
  readonly durationMs: number
  readonly rows?: number
  /** Code of the error it ended in, or its class name. */
  readonly error?: string
  readonly callSite?: Frame
  /** Identity of the finding that it belongs to. */
  readonly finding?: string
}

/** A scope with the sums over its executions; transaction control is not counted. */
export interface ReportScope extends ScopeInfo {
  readonly queries: {
    readonly count: number
    readonly durationMs: number
    readonly rows: number
    /** Calls of the ORM they were sent for; only where it gathered several calls into one batch. */
    readonly operations?: number
  }
  /** In start order. Only where a timeline was asked for, and then bounded: a busy scope has more queries than these. */
  readonly executions?: readonly ScopeExecution[]
  /** Executions beyond {@link executions}, transaction control among them; absent where there are none. */
  readonly omittedExecutions?: number
  /** That of {@link executions}. */
  readonly dialect?: Dialect
}

/** Sums over scopes of one name, where a run had too many to list. */
export interface ScopeTotals {
  readonly name: string
  readonly kind: ReportScope['kind']
  readonly scopes: number
  readonly queries: ReportScope['queries']
  /** Fewest and most queries in one of them. */
  readonly least: number
  readonly most: number
}

/** A driver that nonplus watches, or one that it found loaded and does not watch. */
export interface DriverCoverage {
  readonly name: string
  readonly version: string
  /** How it is watched: `spans` by those of another instrumentation; `none` where it is loaded, but not hooked. */
  readonly via: 'patch' | 'channel' | 'spans' | 'none'
}

/** What was seen and what was not; a report without it would be a clean bill of health for a blind tool. */
export interface Coverage {
  /** Statements that reached a hooked driver. */
  readonly seen: number
  /** Of these, filed under a scope. */
  readonly attributed: number
  /** Of these, with an application frame. */
  readonly withCallSite: number
  readonly drivers: readonly DriverCoverage[]
  /** Each says what was missed and what to do about it. */
  readonly warnings: readonly string[]
  /** Absent where plans were not asked for. */
  readonly plans?: PlanCoverage
}

/** Statements whose plans were asked for. */
export interface PlanCoverage {
  /** Statements, told apart by their shape. */
  readonly explained: number
  /** By reason. */
  readonly notExplained: readonly {
    readonly code: string
    readonly message: string
    readonly count: number
    /** Summary of one of them. */
    readonly example: string
  }[]
  /** Of those that were explained: what else failed, as looking for indexes; by reason. Absent where nothing did. */
  readonly incomplete?: PlanCoverage['notExplained']
}

/** Plan of a statement, kept so that two runs can be compared. */
export interface ReportPlan {
  readonly fingerprint: string
  readonly summary: string
  /** Names of scopes it ran in, a few. */
  readonly scopes: readonly string[]
  readonly plan: Plan
  /** Rows of its tables, by the statistics. */
  readonly tableRows: Readonly<Record<string, number>>
  /** Names of the indexes of its tables: `orders.orders_pkey`. */
  readonly indexes: readonly string[]
}

/** True of a warning that is none: it only says what was left out on purpose. */
export function isNote(warning: string): boolean {
  return /^\d+ statements? left out by ignore\(\): /.test(warning)
}

/** The entries of the baseline that a report was compared with. */
export interface ReportBaseline {
  /** Those whose findings are in the report. */
  readonly unchanged: readonly BaselineEntry[]
  /** Those that were not met. They may be repaired, or the run did not come by. */
  readonly absent: readonly BaselineEntry[]
}

/** Scopes, findings and coverage of one run. Serialised as version 1 of the report format. */
export interface Report {
  readonly version: 1
  readonly tool: { readonly name: 'nonplus'; readonly version: string }
  readonly scopes: readonly ReportScope[]
  /** Scopes that are not listed; absent where all are. */
  readonly unlisted?: readonly ScopeTotals[]
  readonly findings: readonly Finding[]
  /** Absent where no baseline was given. */
  readonly baseline?: ReportBaseline
  /** Absent where plans were not asked for. */
  readonly plans?: readonly ReportPlan[]
  readonly coverage: Coverage
}
