import type { Plan, Refusal } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { refusalOf } from './driver-error.ts'
import { placeholdersIn } from './placeholders.ts'
import { genericPlanText } from './postgres-generic.ts'
import { readOnly } from './postgres-limits.ts'
import { isPreparedLost } from './postgres-prepared.ts'
import { harmReached } from './postgres-reach.ts'
import { replayOf } from './postgres-session.ts'
import { readPlan } from './read-plan.ts'
import { Refused, refuse } from './refusals.ts'
import type { ExplainOutcome, ExplainRequest } from './request.ts'
import { DEFAULT_TIMEOUT_MS, MOST_COST } from './server-limits.ts'

/**
 * Explains a statement on PostgreSQL: in a READ ONLY transaction that is rolled back, with timeouts for itself and for locks,
 * and only after the catalog has shown that planning it executes nothing that READ ONLY does not stop.
 *
 * Without values for its placeholders the plan is the generic one.
 */
export async function explainPostgres(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  try {
    return await explainReadOnly(connection, request)
  } catch (error) {
    if (isPreparedLost(connection, error)) return explainPostgres(connection, request)
    return { refusal: refusalOf(error) }
  }
}

/** The generic plan of a statement: the one for parameters that are not known. */
export async function explainGeneric(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const { values: _, ...rest } = request
  return explainPostgres(connection, { ...rest, mode: 'plan' })
}

async function explainInside(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const { text, values, mode } = request
  // what may be executed may be planned
  const harmExecuted = mode === 'plan' ? undefined : await harmReached(connection, text, 'analyze')
  if (mode === 'plan' || harmExecuted !== undefined) {
    const harm = await harmReached(connection, text, 'plan')
    if (harm !== undefined) throw new Refused(harm)
  }
  const wanted = placeholdersIn(text)
  if (values === undefined && wanted > 0) {
    const raw = await genericPlanText(connection, text, wanted)
    return { plan: { ...planOf(connection, raw, 'plan'), planKind: 'generic' } }
  }
  const raw = await explained(connection, 'VERBOSE, SETTINGS', request)
  const plan = { ...planOf(connection, raw, 'plan'), ...(wanted > 0 ? { planKind: 'custom' as const } : {}) }
  if (mode === 'plan') return { plan }
  // it would hold the application's thread, and no timeout ends it
  if (connection.isShared) return { plan, notAnalyzed: refuse('analyze-unsupported', 'in the process') }
  const notAnalyzed = reasonNotToExecute(raw, plan) ?? harmExecuted
  if (notAnalyzed !== undefined) return { plan, notAnalyzed }
  return analyzed(connection, request, plan)
}

async function analyzed(connection: SideConnection, request: ExplainRequest, plan: Plan): Promise<ExplainOutcome> {
  try {
    // the clock of each node costs more than half again, but without it the time of compiling is not told
    const timing = plan.jit === undefined ? 'OFF' : 'ON'
    const raw = await explained(connection, `ANALYZE, TIMING ${timing}, BUFFERS, VERBOSE, SETTINGS`, request)
    return { plan: { ...planOf(connection, raw, 'analyze'), ...(plan.planKind ? { planKind: plan.planKind } : {}) } }
  } catch (error) {
    // the plan is there; what became of executing it is said beside it
    const refusal = refusalOf(error)
    if (refusal.code === 'connection-failed') throw error
    return { plan, notAnalyzed: refusal }
  }
}

async function explained(connection: SideConnection, options: string, request: ExplainRequest): Promise<string> {
  const rows = await connection.query(`EXPLAIN (FORMAT JSON, ${options}) ${request.text}`, request.values ?? [])
  return String(rows[0]?.['QUERY PLAN'])
}

function planOf(connection: SideConnection, raw: string, mode: Plan['mode']): Plan {
  return readPlan(raw, { engine: 'postgres', serverVersion: connection.serverVersion, mode })
}

/** In a JSON text a key is quoted, and within a value its quotes are escaped. */
const writesOrLocks = /"Node Type": "(ModifyTable|LockRows)"/

function reasonNotToExecute(raw: string, plan: Plan): Refusal | undefined {
  const found = writesOrLocks.exec(raw)?.[1]
  if (found === 'ModifyTable') return refuse('analyze-writes')
  if (found === 'LockRows') return refuse('locks-rows')
  const cost = plan.root.totalCost ?? Number.POSITIVE_INFINITY
  if (cost > MOST_COST) return refuse('analyze-too-expensive', `cost ${Math.round(cost)}`)
  return undefined
}

/** Explains with the state that the application's connection had. */
function explainReadOnly(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const replay = replayOf(request.session ?? [])
  return readOnly(connection, request.timeoutMs ?? DEFAULT_TIMEOUT_MS, async () => {
    for (const statement of replay) await replayed(connection, statement)
    await refuseOtherStrings(connection, request.text)
    return explainInside(connection, request)
  })
}

async function replayed(connection: SideConnection, statement: string): Promise<void> {
  try {
    await connection.query(statement)
  } catch (error) {
    const { code } = refusalOf(error)
    if (code === 'connection-failed') throw error
    throw new Refused(refuse('session-unknown'))
  }
}

/** With the strings of old, a backslash hides a quote: what nonplus reads is then not what the server reads. */
async function refuseOtherStrings(connection: SideConnection, text: string): Promise<void> {
  if (!text.includes('\\')) return
  const [row] = await connection.query("SELECT pg_catalog.current_setting('standard_conforming_strings') AS strings")
  if (row?.strings !== 'on') throw new Refused(refuse('not-explainable', 'standard_conforming_strings is off'))
}
