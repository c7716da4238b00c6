import type { SideConnection } from '../model/side-connection.ts'
import { isNamedValues } from '../sql/is-named-values.ts'
import { refusalOf } from './driver-error.ts'
import { readPlan } from './read-plan.ts'
import { Refused, refuse } from './refusals.ts'
import type { ExplainOutcome, ExplainRequest } from './request.ts'
import { placeholdersOf } from './sqlite-values.ts'

/**
 * Explains a statement on SQLite with EXPLAIN QUERY PLAN, which compiles it and never runs it. There is nothing to execute for
 * `analyze`: SQLite keeps no actual rows, and the plan is the same.
 *
 * Where the values are not known NULL is bound: only statistics of STAT4 make the planner look at values, and the plan is
 * then said to be generic.
 */
export async function explainSqlite(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const { text, values, mode } = request
  try {
    const wanted = placeholdersOf(text).length
    if (values !== undefined && values.length < wanted && !values.some(isNamedValues))
      throw new Refused(refuse('unknown-parameters'))
    const bound = values ?? Array.from({ length: wanted }, () => null)
    const rows = await connection.query(`EXPLAIN QUERY PLAN ${text}`, bound)
    // an INSERT of values, a DELETE of everything: there is nothing to plan
    if (rows.length === 0) throw new Refused(refuse('not-explainable', 'no step of a plan'))
    const plan = readPlan(rows, { engine: 'sqlite', serverVersion: connection.serverVersion, mode: 'plan' })
    const planKind = wanted === 0 ? undefined : values === undefined ? ('generic' as const) : ('custom' as const)
    return {
      plan: { ...plan, ...(planKind === undefined ? {} : { planKind }) },
      ...(mode === 'analyze' ? { notAnalyzed: refuse('analyze-unsupported') } : {}),
    }
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}
