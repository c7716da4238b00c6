import { dialectOf } from '../model/engine-dialect.ts'
import type { Op, ParameterPlan, Plan, PlanNode } from '../model/plan.ts'
import type { Clauses } from '../sql/clauses.ts'
import { type Condition, conditionOf, conjunctsOf } from '../sql/condition.ts'
import type { ColumnName } from '../sql/operand.ts'
import type { PlanSubject } from './plan-detector.ts'
import { clausesFor, isSame, type PlanTable, tableOf } from './plan-tables.ts'

/** How rows of a table are read, and how many of them are kept. */
export interface Scan {
  readonly plan: Plan
  readonly node: PlanNode
  /** From the root down to the node above. */
  readonly ancestors: readonly PlanNode[]
  readonly table: PlanTable
  readonly clauses: Clauses
  /** What every row that was read must meet, beside the condition of the index. */
  readonly conditions: readonly Condition[]
  /** What the index was searched for. */
  readonly indexConditions: readonly Condition[]
  /** Rows read and rows kept, over all loops; absent where nothing tells. */
  readonly read?: number
  readonly kept?: number
  /** `actual` rows of an execution; `driver`: what it gave, by the driver, of what it was expected to read. */
  readonly basis: 'actual' | 'driver' | 'plan'
}

const scanOps: ReadonlySet<Op> = new Set([
  'seq-scan',
  'index-scan',
  'index-only-scan',
  'index-range-scan',
  'index-full-scan',
  'index-lookup',
  'bitmap-heap-scan',
  'index-merge',
] satisfies Op[])
const fullScanOps: ReadonlySet<Op> = new Set(['seq-scan', 'index-full-scan'] satisfies Op[])
/** Steps that hand on every row they get. */
const passingOps: ReadonlySet<Op> = new Set([
  'filter',
  'sort',
  'gather',
  'result',
  'lock-rows',
  'subquery-scan',
] satisfies Op[])

/** True where every row of the table, or every entry of an index, is read. */
export function isFullScan({ node, indexConditions }: Pick<Scan, 'node' | 'indexConditions'>): boolean {
  return fullScanOps.has(node.op) && indexConditions.length === 0
}

/** Every scan of a plan, in pre-order. */
export function scansOf(subject: PlanSubject, of: ParameterPlan): Scan[] {
  const clauses = clausesFor(subject)
  const scans: Scan[] = []
  const visit = (node: PlanNode, ancestors: readonly PlanNode[]): void => {
    const table =
      scanOps.has(node.op) && node.neverExecuted !== true ? tableOf(subject, clauses, node, of.plan.engine) : undefined
    if (table !== undefined) scans.push(scanOf(of, node, ancestors, table, clauses))
    for (const child of node.children) visit(child, [...ancestors, node])
  }
  visit(of.plan.root, [])
  return scans
}

function scanOf(
  of: ParameterPlan,
  node: PlanNode,
  ancestors: readonly PlanNode[],
  table: PlanTable,
  clauses: Clauses,
): Scan {
  const { plan } = of
  const filters = filtersAbove(ancestors)
  const texts = [node.filter, ...filters.map(({ filter }) => filter)].filter((text) => text !== undefined)
  const read = { plan, node, ancestors, table, clauses }
  return {
    ...read,
    conditions:
      plan.engine === 'sqlite' ? textConditions(clauses, table) : texts.flatMap((text) => conjunctsIn(text, plan)),
    indexConditions: conditionsOfIndex(plan, node),
    ...countsOf(of, read, filters),
  }
}

function conjunctsIn(text: string, { engine }: Plan): Condition[] {
  return conjunctsOf(conditionOf(text, dialectOf[engine]))
}

/** MySQL prints what it searches for, and beside it what it looks at in each entry that it finds. */
function conditionsOfIndex(plan: Plan, { indexCond, recheckCond, joinCond, op }: PlanNode): Condition[] {
  const searched = indexCond ?? (op === 'index-lookup' ? joinCond : undefined)
  return [searched, recheckCond].flatMap((text) => (text === undefined ? [] : conjunctsIn(text, plan)))
}

/** Filters directly above, where the engine has nodes of their own for them. */
function filtersAbove(ancestors: readonly PlanNode[]): PlanNode[] {
  const filters: PlanNode[] = []
  for (const above of [...ancestors].reverse()) {
    if (above.op !== 'filter') break
    filters.unshift(above)
  }
  return filters
}

/** SQLite prints no filters: those of the statement that are about this table. */
function textConditions({ conditions, sources }: Clauses, table: PlanTable): Condition[] {
  return conditions.flatMap(conjunctsOf).filter((condition) => {
    const columns = columnsIn(condition)
    return columns.some((column) => isColumnOf(column, table, sources.length === 1))
  })
}

/** Every column in a condition. */
export function columnsIn(condition: Condition): readonly ColumnName[] {
  if (condition.kind === 'other') return condition.operand.columns
  if (condition.kind !== 'comparison') return condition.parts.flatMap(columnsIn)
  return [condition.left, ...condition.right].flatMap(({ columns }) => columns)
}

/** True of a column of a table; one without a qualifier is where it is the only table, or has such a column. */
export function isColumnOf(column: ColumnName, table: PlanTable, isOnly: boolean): boolean {
  if (column.table !== undefined) return isSame(column.table, table.alias) || isSame(column.table, table.name)
  return isOnly || table.catalog?.columns.some(({ name }) => isSame(name, column.name)) === true
}

type Counted = Pick<Scan, 'read' | 'kept' | 'basis'>

function countsOf(
  of: ParameterPlan,
  { plan, node, ancestors, table, clauses }: Pick<Scan, 'plan' | 'node' | 'ancestors' | 'table' | 'clauses'>,
  filters: readonly PlanNode[],
): Counted {
  const [outermost] = filters
  if (node.actualRows !== undefined && plan.isPartial !== true) return actualCounts(node, outermost)
  const factor = workersAbove(ancestors, node)
  const estimate = (outermost ?? node).planRows
  const read = readBy(node, table, factor)
  const kept = estimate === undefined ? undefined : estimate * factor
  const given = rowsGiven(of, ancestors, clauses)
  const basis = given === undefined ? ('plan' as const) : ('driver' as const)
  return { ...(read === undefined ? {} : { read }), ...definedKept(given ?? kept), basis }
}

function definedKept(kept: number | undefined): Pick<Scan, 'kept'> {
  return kept === undefined ? {} : { kept }
}

function actualCounts(node: PlanNode, outermost: PlanNode | undefined): Counted {
  const { actualRows = 0, loops = 1, rowsRemovedByFilter = 0, rowsRemovedByIndexRecheck = 0 } = node
  const kept = outermost?.actualRows === undefined ? actualRows * loops : outermost.actualRows * (outermost.loops ?? 1)
  const read = (actualRows + rowsRemovedByFilter + rowsRemovedByIndexRecheck) * loops
  return { read, kept: Math.min(read, kept), basis: 'actual' }
}

/** Where the plan does not say it: the whole table for a scan of it. An index is read as far as its condition goes. */
function readBy(node: PlanNode, { catalog }: PlanTable, factor: number): number | undefined {
  if (node.rowsExamined !== undefined) return node.rowsExamined
  if (fullScanOps.has(node.op)) return catalog?.rows
  const [search] = node.op === 'bitmap-heap-scan' ? node.children : []
  return search?.planRows === undefined ? undefined : search.planRows * factor
}

/** What one of several workers is expected to give, times this, is all: the leader does less the more there are. */
function workersAbove(ancestors: readonly PlanNode[], { isParallel }: PlanNode): number {
  if (isParallel !== true) return 1
  const planned = ancestors.findLast(({ op }) => op === 'gather')?.workers?.planned ?? 0
  return planned + Math.max(0, 1 - 0.3 * planned)
}

/** Rows that an execution gave, where these are the ones that the scan keeps. */
function rowsGiven(
  { rows, plan }: ParameterPlan,
  ancestors: readonly PlanNode[],
  clauses: Clauses,
): number | undefined {
  const isPlain = ancestors.every(({ op }) => passingOps.has(op) || op === 'modify-table')
  if (!isPlain || clauses.isReduced || clauses.hasLimit || clauses.sources.length !== 1) return undefined
  // an execution that planned it for PostgreSQL counts better than the driver where it was measured; here it was not
  return plan.mode === 'plan' ? rows : undefined
}

/** Steps that want all rows before they hand on the first. */
const blockingOps: ReadonlySet<Op> = new Set([
  'sort',
  'incremental-sort',
  'aggregate',
  'group',
  'distinct',
  'window',
  'hash',
  'temp-table',
  'union',
] satisfies Op[])

/**
 * Whether a LIMIT ends a scan that was only planned before it has read everything: `soon` where it surely does, `unknown`
 * where the engine guesses how many rows meet the condition, and one of them is enough.
 */
export function earlyEnd({ ancestors, basis, clauses, node, plan, kept }: Scan): 'none' | 'soon' | 'unknown' {
  if (basis === 'actual' || !clauses.hasLimit) return 'none'
  const isBlocked = [...ancestors]
    .reverse()
    .some(({ op, parentRelationship }) => blockingOps.has(op) || parentRelationship === 'subplan')
  if (isBlocked) return 'none'
  const limit = ancestors.find(({ op }) => op === 'limit')
  const wanted = limit?.limit?.count ?? limit?.planRows
  if (plan.engine === 'postgres') return limit !== undefined && (wanted ?? 0) < (kept ?? 0) ? 'soon' : 'none'
  if (node.op === 'index-full-scan' && clauses.orderBy.length > 0) return 'soon'
  return (wanted ?? 1) === 1 ? 'unknown' : 'soon'
}
