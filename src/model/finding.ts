import type { Engine, Plan, VerifiedIndex } from './plan.ts'
import type { Frame } from './trace.ts'

/**
 * How sure a finding is. `proven`: the value flow, or equal rows, was seen. `likely`: same call site and shape and
 * distinct parameters, flow not seen. `candidate`: same shape only.
 */
export type Confidence = 'proven' | 'likely' | 'candidate'

/** `error` and `warning` ask to be fixed; `info` is worth knowing and fails nothing by default. */
export type Severity = 'error' | 'warning' | 'info'

/** A statement as a finding shows it; literals are replaced. */
export interface FindingStatement {
  readonly fingerprint: string
  readonly text: string
  readonly summary: string
  readonly tables: readonly string[]
}

/** The query whose rows were looped over. */
export interface FindingParent {
  readonly fingerprint: string
  readonly summary: string
  /** Column whose values became the parameters. */
  readonly column: string
  /** Rows it returned in this scope, over all its executions. */
  readonly rows: number
  /** How often it ran; more than once where loops are nested. */
  readonly executions: number
  /** Share of its distinct values that were looked up, 0 to 1. */
  readonly coverage: number
  readonly callSite?: Frame
  /** Where the parent itself runs once per row of another query. */
  readonly parent?: FindingParent
}

/** Number of queries as a formula of the data: `perParentRow` × rows of the parent + `constant`. */
export interface Growth {
  readonly perParentRow: number
  readonly constant: number
}

/** One statement instead of the loop. */
export interface Rewrite {
  readonly text: string
  /** True where it was run and gave the same rows. */
  readonly verified: boolean
}

/** What to do about a finding. */
export interface Advice {
  readonly summary: string
  readonly rewrite?: Rewrite
  /** The call of the ORM in the stack that does it. */
  readonly orm?: { readonly name: string; readonly call: string }
  /** Statements for the database, ready to run: `CREATE INDEX ON orders (customer_id)`. */
  readonly ddl?: readonly string[]
  /** The same as a migration of the ORM in the stack. */
  readonly migration?: { readonly name: string; readonly code: string }
}

interface FindingBase {
  readonly confidence: Confidence
  readonly severity: Severity
  /** Stable name across runs: kind, fingerprint, file and function; no line number. */
  readonly identity: string
  /** Where a baseline was given: whether it tolerates this one. */
  readonly baseline?: 'new' | 'unchanged'
  readonly scope: { readonly id: string; readonly name: string }
  /** One line with the numbers: `50 × SELECT users`. */
  readonly title: string
  /** Why it is one: the proof, in a sentence or two. */
  readonly explanation: string
  /** Page that explains the kind. */
  readonly docs: string
  /** Innermost application frame of the loop, or the `await Promise.all` line. */
  readonly callSite?: Frame
  readonly frames: readonly Frame[]
  /** GraphQL fields whose resolvers sent it: `Query.posts[].author`. Absent where there are none. */
  readonly fields?: readonly string[]
  /** The call of the ORM that each was sent for: `Author.findUnique`. Absent where none is told, or several are. */
  readonly operation?: string
  readonly statement: FindingStatement
  /** Executions of this scope that it stands for, folded ones included. */
  readonly count: number
  readonly durationMs: number
  readonly rows: number
  readonly concurrent: boolean
  readonly advice: Advice
  /** Values of the first few executions, those that differ: `(7)`, `('ada', null)`. Only where `values` was asked for. */
  readonly values?: readonly string[]
  /** Ids of the executions it covers, so that a weaker finding over the same ones can be left out. */
  readonly executions: readonly number[]
}

/** A statement that runs once per row of another one. */
export interface NPlusOneFinding extends FindingBase {
  readonly kind: 'n-plus-one'
  /** 0 where the values were not seen, as in spans without parameters. */
  readonly distinctParameters: number
  /** Line of the loop, where the statement is sent from a function that the loop calls; else the call site is it. */
  readonly loop?: Frame
  readonly parent?: FindingParent
  readonly growth?: Growth
  /** What it would take, by the plans: only where its statement scans. Milliseconds of this scope. */
  readonly alternatives?: {
    readonly now: number
    /** One statement for all rows, with the indexes there are. */
    readonly batched: number
    /** As many statements, with the index. */
    readonly indexed: number
    readonly both: number
    /** `both` is a bound from above: the one statement was not planned with the index. */
    readonly atMost?: true
  }
  /** Other statements the same line sends per row. */
  readonly companions?: readonly { readonly statement: FindingStatement; readonly count: number }[]
}

/** The same statement with the same parameters, and nothing written in between. */
export interface DuplicateQueryFinding extends FindingBase {
  readonly kind: 'duplicate-query'
  /** True where the rows of all runs were compared and equal. */
  readonly rowsEqual: boolean
  /** Other lines that ran it. */
  readonly otherCallSites: readonly Frame[]
}

/** Kinds that are found in plans. */
export type PlanKind =
  | 'missing-index'
  | 'index-extend'
  | 'index-column-order'
  | 'wrong-index-order-limit'
  | 'non-sargable'
  | 'leading-wildcard'
  | 'or-across-columns'
  | 'subplan-per-row'
  | 'not-in-subplan'
  | 'nested-loop-inner-scan'
  | 'cartesian-join'
  | 'disk-spill'
  | 'lossy-bitmap'
  | 'mis-estimate'
  | 'stale-statistics'
  | 'large-offset'
  | 'parameter-sensitive-plan'
  | 'dml-full-scan'
  | 'lock-rows-scan'
  | 'jit-overhead'
  | 'heap-fetches'
  | 'fk-without-index'
  | 'partition-not-pruned'
  | 'planning-dominates'
  | 'workers-not-launched'
  | 'serialization'
  | 'plan-regression'

/**
 * What a plan finding rests on: `plan` the planner's estimates, `actual` rows of an execution, `catalog` facts on tables,
 * `verified` a plan with the index that is advised.
 */
export type PlanEvidence = 'plan' | 'actual' | 'catalog' | 'verified'

/** The part of a plan that a finding is about. */
export interface FindingPlan {
  readonly engine: Engine
  readonly evidence: PlanEvidence
  /** The whole plan, as it was. */
  readonly plan: Plan
  /** Id of the guilty node in it. */
  readonly node: number
  readonly table?: string
  /** In the order of the index that is advised, where one is. */
  readonly columns?: readonly string[]
  readonly index?: string
  readonly expression?: string
  /** Part of the statement's time, or of its cost, that the node takes; 0 to 1. */
  readonly share: number
  /** That part of the time this statement took in this scope; what findings are ranked by. */
  readonly impactMs: number
  /** The index that is advised, as it was verified. */
  readonly verified?: VerifiedIndex
}

/** A finding of one kind in the plan of a statement. */
export interface PlanFindingOf<Kind extends PlanKind> extends FindingBase {
  readonly kind: Kind
  readonly plan: FindingPlan
}

/** Something in the plan of a statement. */
export type PlanFinding = { readonly [Kind in PlanKind]: PlanFindingOf<Kind> }[PlanKind]

/** One claim about one scope. */
export type Finding = NPlusOneFinding | DuplicateQueryFinding | PlanFinding

/** Name of a detector, of its page, its option and its command-line value. */
export type FindingKind = Finding['kind']
