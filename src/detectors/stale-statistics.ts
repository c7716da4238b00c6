import type { ParameterPlan, Plan } from '../model/plan.ts'
import { estimateErrorOf } from './estimate-error.ts'
import { tableText } from './index-ddl.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isExecuted } from './plan-places.ts'
import { type Scan, scansOf } from './plan-scan.ts'
import { statisticsOf } from './plan-tables.ts'
import { count, rows as rowsOf } from './plan-words.ts'

/** A table that has changed since its rows were counted. */
export const staleStatistics = definePlanDetector({
  kind: 'stale-statistics',
  summary: 'A table that has changed so much since its statistics were taken that plans are made for another table.',
  defaults: {
    /** Rows that the table must have, or that must have changed. */
    rows: 1_000,
    /** Times that an executed plan must be off at the table; else the old statistics did no harm. */
    factor: 10,
  },
  judge(subject, options) {
    return overPlans(subject, (of) => {
      const scans = scansOf(subject, of)
      return scans.flatMap((scan) => claimOf(subject, of, scan, scans, options) ?? [])
    })
  },
})

interface Options {
  readonly rows: number
  readonly factor: number
}

function claimOf(
  subject: PlanSubject,
  { plan }: ParameterPlan,
  scan: Scan,
  scans: readonly Scan[],
  options: Options,
): PlanClaim | undefined {
  const { table, node } = scan
  const state = statisticsOf(table)
  if (state === 'sound' || table.catalog === undefined) return undefined
  const { modifiedRows = 0 } = table.catalog.statistics
  const known = table.catalog.rows ?? 0
  if (Math.max(modifiedRows, known, scan.basis === 'actual' ? (scan.read ?? 0) : 0) < options.rows) return undefined
  const error = estimateErrorOf(scan)
  if (isExecuted(plan)) {
    const rows = error === undefined ? 0 : Math.max(error.expected, error.actual) * error.runs
    if (error === undefined || error.factor < options.factor || rows < options.rows) return undefined
  } else if (!isWorthSuspicion(plan, scan, scans, state)) return undefined
  const off =
    error === undefined || !isExecuted(plan)
      ? ' By the catalog; nothing was executed, so that it is not known how far off the plan is.'
      : ` It was executed: ${rowsOf(error.expected)} of it ${error.expected === 1 ? 'was' : 'were'} expected, and ${count(error.actual)} read.`
  const analyze = analyzeText(plan, table)
  const since = subject.tables.find((each) => each === table.catalog)?.statistics.analyzedAt
  const when = since === undefined ? 'they were taken' : `${since.slice(0, 10)}, when they were taken`
  return {
    plan,
    node,
    confidence: isExecuted(plan) ? 'proven' : 'likely',
    evidence: isExecuted(plan) ? 'actual' : 'catalog',
    title:
      state === 'missing'
        ? `${table.name} has no statistics`
        : `Statistics of ${table.name} are stale: ${rowsOf(modifiedRows)} changed since`,
    explanation: `${
      state === 'missing'
        ? `Nobody has counted the values of ${table.name}: the planner works with guesses.`
        : `The statistics of ${table.name} are of ${rowsOf(known)}, and ${count(modifiedRows)} were inserted, updated or deleted since ${when}.`
    }${off}`,
    advice: { summary: adviceFor(plan, analyze), ddl: [analyze] },
    table: table.name,
    ...(isExecuted(plan) ? {} : { severity: plan.engine === 'sqlite' ? ('info' as const) : ('warning' as const) }),
  }
}

/** A plan that leaves nothing to choose is the same with any statistics. */
function isWorthSuspicion(plan: Plan, scan: Scan, scans: readonly Scan[], state: 'missing' | 'stale'): boolean {
  if (plan.engine === 'sqlite' && state === 'missing') {
    const searchable = scan.table.catalog?.indexes.filter(({ isPrimary }) => isPrimary !== true) ?? []
    return scans.length > 1 || searchable.length > 1
  }
  // a stale plan looks cheap because it expects the rows of before
  return state === 'stale' || !isTrivial(plan)
}

function analyzeText({ engine }: Plan, table: Scan['table']): string {
  const name = tableText(table, engine)
  return engine === 'mysql' || engine === 'mariadb' ? `ANALYZE TABLE ${name}` : `ANALYZE ${name}`
}

function adviceFor({ engine }: Plan, analyze: string): string {
  if (engine === 'postgres') {
    return `Run ${analyze} after loading many rows, and see that autovacuum is on for the table and comes by often enough.`
  }
  return engine === 'sqlite'
    ? `Run ${analyze} once the table is filled, and PRAGMA optimize when a connection closes.`
    : `Run ${analyze} after loading many rows.`
}
