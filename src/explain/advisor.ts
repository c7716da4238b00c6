import type { CatalogTable, ExplainedStatement, Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import type { ExplainRequest } from './request.ts'

/** What indexes are looked for with. */
export interface AdvisorInput {
  readonly connection: SideConnection
  /** The statement; planned again, never executed. */
  readonly request: ExplainRequest
  /** Its plan, with literals. */
  readonly plan: Plan
  /** Tables of the plan. */
  readonly tables: readonly CatalogTable[]
  /** Lets indexes really be made, in a transaction that is rolled back. */
  readonly scratch: boolean
  /** Lets literals of the statement's text into partial indexes. @default false */
  readonly values?: boolean
  /** A statement in place of many of this one: planned with the indexes that are found for this one. */
  readonly batched?: ExplainRequest
}

/**
 * Indexes that were tried and help, the most useful first, and by what they were tried; the plans with them, with literals,
 * where the trial tells more than costs.
 */
export interface Advised extends Pick<ExplainedStatement, 'indexes' | 'indexed'> {
  /** `none` where nothing was there to try one with. */
  readonly verifiedBy: NonNullable<ExplainedStatement['verifiedBy']>
  readonly batchedWithIndex?: Plan
}

/** Looks for indexes that a plan would use. */
export type Advisor = (input: AdvisorInput) => Promise<Advised>

/** The one that studying a statement uses; loaded when it is first asked. */
export const advisor: Advisor = async (input) => (await import('./advise-indexes.ts')).adviseIndexes(input)
