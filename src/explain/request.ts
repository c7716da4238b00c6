import type { ExplainedStatement, Plan, Refusal } from '../model/plan.ts'
import type { Dialect } from '../model/statement.ts'

/** `plan` only plans; `analyze` also executes what is proven to read only. */
export type ExplainMode = 'plan' | 'analyze'

/** A statement to explain, as the application sent it. */
export interface ExplainRequest {
  /** As the driver received it. */
  readonly text: string
  /** Bound values, in order; absent where they are not known. */
  readonly values?: readonly unknown[]
  readonly dialect: Dialect
  readonly mode: ExplainMode
  /** What its connection was set to before, to be replayed: `set search_path = tenant_7`, in the order it was sent. */
  readonly session?: readonly string[]
  /** Longest time that planning, and executing, may take. Milliseconds. @default 2000 */
  readonly timeoutMs?: number
}

/**
 * A plan, with literals as the server printed them; or why there is none. `notAnalyzed` says why a statement that was to
 * be executed was only planned.
 */
export type ExplainOutcome = { readonly plan: Plan; readonly notAnalyzed?: Refusal } | { readonly refusal: Refusal }

/** Parameters of a statement that were seen, by class. */
export interface ParameterVector {
  readonly values: readonly unknown[] | undefined
  /** Executions with parameters of this class. */
  readonly executions: number
  /** Mean rows of these, from the driver. */
  readonly rows?: number
}

/** What is to be learnt about a statement. */
export interface StudyRequest extends Omit<ExplainRequest, 'values'> {
  /** The most frequent first; at least one. */
  readonly vectors: readonly ParameterVector[]
  /** Looks for indexes, and tries them. @default true */
  readonly advise?: boolean
  /**
   * Lets indexes really be made, in a transaction that is rolled back: it blocks writers of that table meanwhile. On MySQL and
   * MariaDB it lets larger samples be copied into temporary tables. @default false
   */
  readonly scratch?: boolean
  /** Keeps literals in the texts of plans; else they are `?`. @default false */
  readonly values?: boolean
  /** The batched rewrite of an N+1, with the values it is bound to, and how many keys these are. @default keys as many as values */
  readonly batched?: { readonly text: string; readonly values: readonly unknown[]; readonly keys?: number }
}

/** What was learnt, without the number that the statement has in its trace; or why nothing was. */
export type StudyOutcome =
  | { readonly explained: Omit<ExplainedStatement, 'statement'>; readonly refusals: readonly Refusal[] }
  | { readonly refusal: Refusal }
