import { type CatalogTable, nodesOf, type Plan, type PlanNode } from '../model/plan.ts'

/** From this factor on an estimate is wrong, not rough. */
const WRONG_BY = 10
/** Fewer rows are no reason for anything, however wrong. */
const FEWEST_ROWS = 100
const FEWEST_MODIFIED = 1000
const STALE_SHARE = 0.2

/**
 * Tables of which the planner thinks wrongly, by their name in the plan: an index that looks good on such an estimate is
 * no advice, the statistics are. Their statistics are missing or stale, or an execution gave far more rows than were
 * expected.
 */
export function doubtedTables(plan: Plan, tables: readonly CatalogTable[]): ReadonlySet<string> {
  const stale = plan.engine === 'sqlite' ? [] : tables.filter(hasStaleStatistics).map(({ name }) => name)
  const wrong = nodesOf(plan.root)
    .filter(isUnderestimated)
    .map(({ relation }) => relation as string)
  return new Set([...stale, ...wrong])
}

/** Whether so much of a table changed since its statistics were taken that they tell little, or there are none. */
export function hasStaleStatistics({ rows = 0, statistics }: CatalogTable): boolean {
  if (statistics.isMissing) return true
  return (statistics.modifiedRows ?? 0) >= Math.max(FEWEST_MODIFIED, rows * STALE_SHARE)
}

/** More rows than expected make an index worse than it looked; fewer make it better, and may be the work of a LIMIT. */
function isUnderestimated({ relation, planRows, actualRows, loops = 1 }: PlanNode): boolean {
  if (relation === undefined || planRows === undefined || actualRows === undefined) return false
  return actualRows >= planRows * WRONG_BY && actualRows * loops >= FEWEST_ROWS
}

/**
 * Tables of which an execution walked an index in the order of ORDER BY and threw nearly all away, before LIMIT had
 * enough: costs tell little about these.
 */
export function walkedTables({ root }: Plan): ReadonlySet<string> {
  return new Set(walksBelow(root, undefined))
}

const DISCARDED_PER_ROW = 100

function walksBelow(node: PlanNode, limit: number | undefined): string[] {
  const within = node.op === 'limit' ? Math.max(1, node.actualRows ?? node.planRows ?? 1) : limit
  const isWalk = /^index-(only-|full-|range-)?scan$/.test(node.op)
  const discarded = (node.rowsRemovedByFilter ?? 0) * (node.loops ?? 1)
  const isWasteful = isWalk && within !== undefined && discarded >= within * DISCARDED_PER_ROW
  const own = isWasteful && node.relation !== undefined ? [node.relation] : []
  return [...own, ...node.children.flatMap((child) => walksBelow(child, within))]
}
