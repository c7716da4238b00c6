import type { CatalogTable, ExplainedStatement, Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import type { ExplainRequest } from './request.ts'

/** What indexes are looked for with. */
export interface AdvisorInput {
  readonly connection: SideConnection
  readonly request: ExplainRequest
  readonly plan: Plan
  readonly tables: readonly CatalogTable[]
  readonly scratch: boolean
  readonly values?: boolean
  /** A statement in place of many of this one: planned with the indexes that are found for this one. */
  readonly batched?: ExplainRequest
}

/** Indexes that a plan would use, and the plans with them, with literals, where the trial tells more than costs. */
export interface Advised extends Pick<ExplainedStatement, 'indexes' | 'indexed'> {
  readonly verifiedBy: NonNullable<ExplainedStatement['verifiedBy']>
  readonly batchedWithIndex?: Plan
}

/** Looks for indexes that a plan would use. */
export type Advisor = (input: AdvisorInput) => Promise<Advised>

/** The one that studying a statement uses; loaded when it is first asked. */
export const advisor: Advisor = async (input) => (await import('./advise-indexes.ts')).adviseIndexes(input)
