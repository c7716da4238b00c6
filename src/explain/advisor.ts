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
}

/** Looks for indexes that a plan would use. */
export type Advisor = (
  input: AdvisorInput,
) => Promise<Pick<ExplainedStatement, 'indexes'> & Required<Pick<ExplainedStatement, 'verifiedBy'>>>

/** The one that studying a statement uses; loaded when it is first asked. */
export const advisor: Advisor = async (input) => (await import('./advise-indexes.ts')).adviseIndexes(input)
