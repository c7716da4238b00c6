import { searchColumnsOf } from './plan-columns.ts'
import type { PlanSubject } from './plan-detector.ts'
import type { Scan } from './plan-scan.ts'
import { statisticsOf } from './plan-tables.ts'

/** Equal columns from which on the planner's assumption that they have nothing to do with each other is not believed. */
const MANY_EQUAL = 3
/** Times that it makes them more selective than the best of them is alone. */
const BY_ASSUMPTION = 10

/**
 * Whether estimates of this scan may be relied on: its statistics are sound, or it was executed. Three and more columns
 * that must be equal are multiplied as if they had nothing to do with each other, which only an execution can tell.
 */
export function isTrusted(scan: Scan): boolean {
  if (scan.basis === 'actual') return true
  return statisticsOf(scan.table) === 'sound' && !restsOnIndependence(scan)
}

function restsOnIndependence(scan: Scan): boolean {
  const equal = searchColumnsOf(scan).filter(({ by }) => by === 'equality')
  const { catalog } = scan.table
  if (scan.basis !== 'plan' || scan.plan.engine !== 'postgres' || equal.length < MANY_EQUAL) return false
  const best = Math.max(...equal.map(({ distinct }) => distinct ?? 0))
  return best === 0 || catalog?.rows === undefined || (scan.kept ?? 0) * BY_ASSUMPTION <= catalog.rows / best
}

/**
 * Whether a condition is probably met by few rows, where the engine only guesses: MySQL and MariaDB know nothing of
 * columns without an index, and SQLite prints no rows. An equality is, unless the statistics or the driver know better.
 */
export function isLikelySelective(scan: Scan, ratio: number, rows: number): boolean {
  const { basis, plan, read = 0, table } = scan
  if (basis !== 'plan' || plan.engine === 'postgres') return false
  const equal = searchColumnsOf(scan).filter(({ by }) => by === 'equality')
  const distinct = equal.flatMap((column) => column.distinct ?? [])
  if (equal.length === 0 || (distinct.length > 0 && Math.max(...distinct) < ratio)) return false
  // of a table that nobody counted, its time has told already
  const isUncounted = table.catalog !== undefined && table.catalog.rows === undefined && plan.engine === 'sqlite'
  return isUncounted || Math.max(read, table.catalog?.rows ?? 0) >= rows
}

/** Milliseconds from which a statement of SQLite cannot have read a small table. */
const SLOW_MS = 1

/** SQLite takes every table that was not analysed for a large one. How long it took says whether it is. */
export function isSlowOnSqlite({ executions }: Pick<PlanSubject, 'executions'>, { plan, table }: Scan): boolean {
  if (plan.engine !== 'sqlite' || statisticsOf(table) !== 'missing') return false
  const times = executions.map(({ durationMs }) => durationMs).filter((ms) => ms >= 0)
  return times.length > 0 && times.reduce((sum, ms) => sum + ms, 0) / times.length >= SLOW_MS
}
