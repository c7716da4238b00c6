import { mysqlOperation } from './mysql-operation.ts'
import { draftsOf, mapDrafts, type PlanDraft } from './plan-draft.ts'
import { defined } from './plan-fields.ts'
import { runsOf } from './plan-totals.ts'

/** One line of a TREE, or one object of JSON version 2; they say the same. */
export interface MysqlStep {
  /** `Table scan on orders`, or the heading of what is below: `Hash`, `Select #2 (subquery in projection; dependent)`. */
  readonly label: string
  /** What JSON says beside the label. */
  readonly more?: Partial<PlanDraft>
  readonly startupCost?: number | undefined
  readonly totalCost?: number | undefined
  readonly rows?: number | undefined
  readonly actual?: { readonly lastMs: number; readonly rows: number; readonly loops: number } | undefined
  readonly steps: readonly MysqlStep[]
}

/**
 * The tree of a plan. A filter directly above the table it filters is one node with it, as PostgreSQL has it: the rows of
 * the scan are those examined.
 *
 * What MySQL prints as cost leaves all subqueries out, and as time those of the select list, which run outside of the
 * tree; both are added to the nodes that run them.
 */
export function mysqlDraft(root: MysqlStep, others: readonly MysqlStep[] = []): PlanDraft {
  const main = draftOf(root)
  const beside = others.map(draftOf)
  return withSubqueryCosts(beside.reduce(withSubqueryTime, main))
}

function draftOf(step: MysqlStep): PlanDraft {
  if (/^Select #\d+/.test(step.label)) return subqueryOf(step)
  const parts = mysqlOperation(step.label)
  const children = step.steps.map(draftOf)
  const placed = placeChildren(parts.op, children)
  const whole = { ...parts, ...numbersOf(step), ...step.more, children: placed }
  if (whole.op === 'filter') return filteredOf(whole)
  if (whole.op === 'hash' && whole.planRows === undefined) return { ...numbersBelow(children[0]), ...whole }
  return placed.length > 0 && reads.has(whole.op) ? sourceOf(whole) : whole
}

const reads = new Set<PlanDraft['op']>([
  'seq-scan',
  'index-scan',
  'index-lookup',
  'index-range-scan',
  'index-full-scan',
  'const',
])

function placeChildren(op: PlanDraft['op'], children: readonly PlanDraft[]): PlanDraft[] {
  const isJoin = op === 'nested-loop' || op === 'hash-join'
  const rest = op === 'append' || op === 'union' ? 'member' : reads.has(op) ? 'subquery' : isJoin ? 'inner' : 'outer'
  return children.map((child, index) => {
    const parentRelationship = child.parentRelationship ?? (isJoin && index === 0 ? 'outer' : rest)
    return { ...child, parentRelationship }
  })
}

/** A table that is made while it is read: a derived table, a CTE, a temporary table. */
function sourceOf(scan: PlanDraft): PlanDraft {
  const { relation, source = relation, ...rest } = scan
  return { ...rest, op: 'subquery-scan', ...defined({ source }) }
}

function numbersOf({ startupCost, totalCost, rows, actual }: MysqlStep): Partial<PlanDraft> {
  const executed =
    actual === undefined
      ? {}
      : {
          actualRows: actual.rows,
          loops: actual.loops,
          actualTotalTime: actual.lastMs,
          ...(actual.loops === 0 ? { neverExecuted: true } : {}),
        }
  const costUnit = totalCost === undefined ? undefined : ('mysql' as const)
  return { ...defined({ startupCost, totalCost, costUnit, planRows: rows }), ...executed }
}

function numbersBelow(child: PlanDraft | undefined): Partial<PlanDraft> {
  if (child === undefined) return {}
  const { totalCost, costUnit, planRows, actualRows, loops, actualTotalTime, neverExecuted } = child
  return defined({ totalCost, costUnit, planRows, actualRows, loops, actualTotalTime, neverExecuted })
}

function filteredOf(filter: PlanDraft): PlanDraft {
  const [scan, ...others] = filter.children
  if (scan === undefined || !(reads.has(scan.op) || scan.op === 'subquery-scan')) return filter
  const condition = [scan.filter, filter.filter].filter((text) => text !== undefined).join(' and ')
  const { actualRows = 0, loops = 1 } = scan
  const runs = Math.max(1, filter.loops ?? 1)
  const removed = (actualRows * loops - (filter.actualRows ?? 0) * (filter.loops ?? 1)) / runs
  const executed =
    filter.loops === undefined
      ? {}
      : {
          actualRows: filter.actualRows,
          loops: filter.loops,
          actualTotalTime: filter.actualTotalTime,
          rowsRemovedByFilter: Math.max(0, (scan.rowsRemovedByFilter ?? 0) + removed),
        }
  const { parentRelationship: _, ...table } = scan
  return {
    ...table,
    ...defined({ totalCost: filter.totalCost, planRows: filter.planRows, ...executed }),
    ...defined({ rowsExamined: scan.rowsExamined ?? scan.planRows }),
    filter: condition,
    children: [...scan.children, ...others],
  }
}

function subqueryOf({ label, steps }: MysqlStep): PlanDraft {
  const [step] = steps
  const body: PlanDraft = step === undefined ? { op: 'result', nodeType: label, children: [] } : draftOf(step)
  const correlated = /; (?:dependent|uncacheable)/.test(label)
  const hashed = !correlated && draftsOf(body).some(({ source }) => source === '<materialized_subquery>')
  return {
    ...body,
    parentRelationship: correlated || hashed ? 'subplan' : 'initplan',
    subplanName: label,
    ...(correlated ? { correlated } : {}),
    ...(hashed ? { hashed } : {}),
  }
}

function timeOf({ actualTotalTime = 0, loops = 1 }: PlanDraft): number {
  return actualTotalTime * loops
}

/** Adds a subquery of the select list: to the node that took its time with it, else beside all, with its time. */
function withSubqueryTime(root: PlanDraft, subquery: PlanDraft): PlanDraft {
  const time = timeOf(subquery)
  const holds = (draft: PlanDraft) =>
    time > 0 && timeOf(draft) - draft.children.reduce((sum, child) => sum + timeOf(child), 0) >= time * 0.9
  const holder = draftsOf(root).find(holds)
  if (holder !== undefined && holder !== root)
    return mapDrafts(root, (draft) =>
      isSame(draft, holder) ? { ...draft, children: [...draft.children, subquery] } : draft,
    )
  const children = [...root.children, subquery]
  if (root.actualTotalTime === undefined || holder === root) return { ...root, children }
  return { ...root, actualTotalTime: root.actualTotalTime + time / Math.max(1, root.loops ?? 1), children }
}

function isSame(draft: PlanDraft, other: PlanDraft): boolean {
  return (
    draft.nodeType === other.nodeType &&
    draft.actualTotalTime === other.actualTotalTime &&
    draft.relation === other.relation
  )
}

function withSubqueryCosts(root: PlanDraft): PlanDraft {
  const extras = new Map<PlanDraft, number>()
  return mapDrafts(root, (draft) => {
    const extra = draft.children.reduce((sum, child) => {
      const cost = isSubquery(child) ? (child.totalCost ?? 0) : (extras.get(child) ?? 0)
      return cost === 0 ? sum : sum + cost * runsOf(child, draft)
    }, 0)
    const printed = draft.totalCost ?? costBelow(draft, extras)
    const whole = printed === undefined ? draft : { ...draft, totalCost: printed + extra, costUnit: 'mysql' as const }
    extras.set(whole, extra)
    return whole
  })
}

/** A sort or an aggregate with a temporary table is printed without cost; it has at least that of its input. */
function costBelow({ children }: PlanDraft, extras: ReadonlyMap<PlanDraft, number>): number | undefined {
  const costs = children.flatMap((child) =>
    child.totalCost === undefined || isSubquery(child) ? [] : child.totalCost - (extras.get(child) ?? 0),
  )
  return costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost, 0)
}

function isSubquery({ parentRelationship }: PlanDraft): boolean {
  return parentRelationship === 'subplan' || parentRelationship === 'initplan'
}
