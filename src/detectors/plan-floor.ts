import type { PlanNode } from '../model/plan.ts'
import type { PlanSubject } from './plan-detector.ts'
import type { Scan } from './plan-scan.ts'

/** Rows of a table below which reading it whole is as good as any index. */
export const SMALL_TABLE = 1_000
/** Milliseconds of a node, over all executions of a scope, that are not worth a word. */
const SMALL_TIME_MS = 1
/**
 * Cost of a plan that is not worth a word. Of PostgreSQL about 100 pages; in MySQL a row that is read costs about a tenth,
 * so that it is about 1,000 rows; SQLite counts about three units per row.
 */
const SMALL_COST = { pg: 100, mysql: 100, logest: 3_000 } as const

/** True of a scan that is too small to be worth a finding, however it reads. */
export function isTooSmall(scan: Scan, { executions }: Pick<PlanSubject, 'executions'>): boolean {
  const { node, plan, table, read, basis } = scan
  const perLoop = basis === 'actual' && read !== undefined ? read / Math.max(1, node.loops ?? 1) : 0
  const size = Math.max(perLoop, table.catalog?.rows ?? 0, node.rowsExamined ?? 0)
  if (size > 0 && size < SMALL_TABLE) return true
  if (basis === 'actual') return isShort(node, executions.length)
  return isCheap(plan.root, node)
}

/** True of a node that took no time to speak of, as far as it was timed. */
export function isShort({ actualTotalTime, loops = 1 }: PlanNode, executions: number): boolean {
  return actualTotalTime !== undefined && actualTotalTime * loops * Math.max(1, executions) < SMALL_TIME_MS
}

/** True where neither the plan nor the node costs anything to speak of; a LIMIT makes a plan look cheaper than it is. */
export function isCheap(root: PlanNode, node: PlanNode): boolean {
  const unit = root.costUnit ?? node.costUnit
  const costs = [root.totalCost, root.self.cost, node.totalCost, node.self.cost].filter((cost) => cost !== undefined)
  return unit !== undefined && costs.length > 0 && Math.max(...costs) < SMALL_COST[unit]
}

/** Times that more rows are kept than the planner thought, from which it knew nothing of the table. */
const UNDERESTIMATED = 10
/** Rows below which a wrong estimate does no harm. */
const FEW_ROWS = 100

/** True where far more rows are kept than the planner thought: then its estimate is the problem, and an index is not the cure. */
export function isUnderestimated({ node, plan, ancestors, kept, basis }: Scan): boolean {
  if (basis === 'plan' || kept === undefined) return false
  const filter = ancestors.at(-1)?.op === 'filter' ? ancestors.at(-1) : undefined
  const estimate = (filter ?? node).planRows
  if (estimate === undefined || plan.engine !== 'postgres') return false
  const expected = estimate * Math.max(1, basis === 'actual' ? (node.loops ?? 1) : 1)
  return kept >= FEW_ROWS && kept >= expected * UNDERESTIMATED
}

/** Rows that a detector wants to see thrown away for each that is kept, and at least. */
export interface Discard {
  readonly ratio: number
  readonly rows: number
}

/** True where most of what a scan reads is thrown away. */
export function discardsMost({ read, kept }: Pick<Scan, 'read' | 'kept'>, least: Discard): boolean {
  if (read === undefined || kept === undefined) return false
  const discarded = read - kept
  return discarded >= least.rows && discarded >= least.ratio * kept
}
