import type { PlanNode } from '../model/plan.ts'
import { draftsOf, type PlanDraft } from './plan-draft.ts'
import { defined } from './plan-fields.ts'

/** What each node has for itself, by draft. */
type Parts = ReadonlyMap<PlanDraft, number>

/**
 * Numbers the nodes in pre-order, and works out what each one takes for itself.
 *
 * Engines print what a node and everything below it take. Subtracting children from that is wrong in four places, so that
 * each total is handed down from the root instead, and no node gets more than is left: the sum over the tree is always
 * the total of the root.
 * - Time is printed per loop, and below a Gather loops are those of all workers. Here it is time on the clock: that of
 *   the slowest of them where each one's is told, else the mean.
 * - InitPlans and CTEs are printed where they are declared, and run within the first node that reads them.
 * - Cost is printed for one loop. The inner side of a nested loop runs once per outer row, a correlated subquery once per
 *   row around it.
 * - A LIMIT costs less than what is below it.
 */
export function finishTree(root: PlanDraft): PlanNode {
  const costs = ownCosts(root)
  const times = ownTimes(root)
  let next = 0
  const finish = (draft: PlanDraft): PlanNode => {
    const {
      children,
      ownCost: _c,
      runs: _r,
      ownTime: _t,
      clockTime: _p,
      wholeTime: _w,
      joinedRows: _j,
      mentions: _m,
      ...node
    } = draft
    const id = next++
    const rows = draft.actualRows === undefined ? undefined : draft.actualRows * (draft.loops ?? 1)
    const self = defined({ cost: costs.get(draft), timeMs: times.get(draft), rows })
    return { id, ...node, self, children: children.map(finish) }
  }
  return finish(root)
}

function ownTimes(root: PlanDraft): Parts {
  const parts = new Map<PlanDraft, number>()
  const callers = callersOf(root)
  const processes = processesOf(root)
  const timeOf = (draft: PlanDraft) =>
    draft.clockTime !== undefined && (processes.get(draft) ?? 1) > 1
      ? draft.clockTime
      : draft.actualTotalTime === undefined
        ? 0
        : (draft.actualTotalTime * (draft.loops ?? 1)) / (processes.get(draft) ?? 1)
  const called = (draft: PlanDraft) => [
    ...draft.children.filter((child) => !callers.has(child)),
    ...[...callers].flatMap(([subplan, caller]) => (caller === draft ? [subplan] : [])),
  ]
  const hand = (draft: PlanDraft, time: number): void => {
    const children = called(draft)
    const claims = shrink(children.map(timeOf), time)
    if (draft.actualTotalTime !== undefined || draft.loops === 0) parts.set(draft, time - sum(claims))
    for (const [index, child] of children.entries()) hand(child, claims[index] as number)
  }
  if (root.actualTotalTime !== undefined) hand(root, timeOf(root))
  return parts
}

/** Processes that share the loops of a node: those of a Gather's child, against those of the Gather. */
function processesOf(root: PlanDraft): ReadonlyMap<PlanDraft, number> {
  const processes = new Map<PlanDraft, number>()
  const visit = (draft: PlanDraft, count: number): void => {
    processes.set(draft, count)
    for (const child of draft.children) {
      const isShared = draft.op === 'gather' && !isInitPlan(child)
      const ratio = isShared && child.loops && draft.loops ? child.loops / draft.loops : 1
      visit(child, isInitPlan(child) ? 1 : count * Math.max(1, ratio))
    }
  }
  visit(root, 1)
  return processes
}

function isInitPlan(draft: PlanDraft): boolean {
  return draft.parentRelationship === 'initplan'
}

/** The node within which each InitPlan or CTE runs, where that is not the one it is printed below. */
function callersOf(root: PlanDraft): ReadonlyMap<PlanDraft, PlanDraft> {
  const callers = new Map<PlanDraft, PlanDraft>()
  const all = draftsOf(root)
  const totalOf = ({ actualTotalTime = 0, loops = 1 }: PlanDraft) => actualTotalTime * loops
  for (const subplan of all.filter(isInitPlan)) {
    const inside = new Set(draftsOf(subplan))
    const names = namesOf(subplan)
    const readers = all.filter(
      (draft) => !inside.has(draft) && draft.mentions?.some((text) => names.some((name) => mentionsName(text, name))),
    )
    const [first] = readers.sort((a, b) => totalOf(b) - totalOf(a))
    if (first !== undefined) callers.set(subplan, first)
  }
  // One that is read from within a subplan of its own reader would go round in a circle.
  for (const [subplan] of callers) if (isCircular(subplan, root, callers)) callers.delete(subplan)
  return callers
}

/** `InitPlan 1 (returns $0,$1)` is read as `$0` and `$1`, from PostgreSQL 17 on as `(InitPlan 1).col1`; `CTE a` as `CTE a`. */
function namesOf({ subplanName = '' }: PlanDraft): string[] {
  const returned = /\(returns ([^)]*)\)$/.exec(subplanName)?.[1]
  return returned === undefined ? [subplanName] : returned.split(',')
}

function mentionsName(text: string, name: string): boolean {
  const at = text.indexOf(name)
  if (name === '' || at < 0) return false
  return !/[\w$]/.test(text[at + name.length] ?? '') || mentionsName(text.slice(at + name.length), name)
}

function isCircular(subplan: PlanDraft, root: PlanDraft, callers: ReadonlyMap<PlanDraft, PlanDraft>): boolean {
  const parents = new Map(draftsOf(root).flatMap((draft) => draft.children.map((child) => [child, draft] as const)))
  let at: PlanDraft | undefined = subplan
  for (let steps = 0; at !== undefined; steps++) {
    at = callers.get(at) ?? parents.get(at)
    if (at === subplan || steps > parents.size) return true
  }
  return false
}

function ownCosts(root: PlanDraft): Parts {
  const parts = new Map<PlanDraft, number>()
  const all = draftsOf(root)
  if (all.some(({ ownCost }) => ownCost !== undefined)) {
    for (const draft of all) if (draft.ownCost !== undefined) parts.set(draft, draft.ownCost)
    return parts
  }
  const hand = (draft: PlanDraft, cost: number, runs: number): void => {
    let left = cost
    const handed: [PlanDraft, number, number][] = []
    for (const children of ranked(draft)) {
      const times = children.map((child) => (isKept(draft) ? 1 : runs * runsOf(child, draft, left / runs)))
      const claims = shrink(
        children.map((child, index) => costOf(child, times[index] as number)),
        left,
      )
      left -= sum(claims)
      for (const [index, child] of children.entries())
        handed.push([child, claims[index] as number, times[index] as number])
    }
    parts.set(draft, left)
    for (const [child, claim, times] of handed) hand(child, claim, times)
  }
  if (root.totalCost !== undefined) hand(root, root.totalCost, 1)
  return parts
}

/** MySQL makes a derived table once, unless it depends on rows around it; what it costs is before its first row. */
function isKept({ op, costUnit, notes = [] }: PlanDraft): boolean {
  return op === 'materialize' && costUnit === 'mysql' && !notes.some((note) => note.includes('invalidate'))
}

function costOf({ totalCost = 0, startupCost, costUnit }: PlanDraft, runs: number): number {
  const once = costUnit === 'mysql' ? (startupCost ?? 0) : 0
  return once + (totalCost - once) * runs
}

/** Children by how well it is known what they take: those that run once, the inner side of a loop, subqueries per row. */
function ranked(draft: PlanDraft): readonly PlanDraft[][] {
  const rankOf = ({ parentRelationship, hashed }: PlanDraft) => {
    if (parentRelationship === 'subplan') return hashed ? 0 : 2
    return parentRelationship === 'inner' ? 1 : 0
  }
  return [0, 1, 2].map((rank) => draft.children.filter((child) => rankOf(child) === rank))
}

/** How often a child is expected to run for one run of its parent. */
export function runsOf(child: PlanDraft, parent: PlanDraft, left = 0): number {
  if (child.parentRelationship === 'subplan') {
    if (child.hashed || !child.correlated) return 1
    // MySQL says where a subquery stands: those of the select list run only for rows that are left.
    const isSelected = child.subplanName?.includes('in projection') === true
    const rows = Math.max(1, (isSelected ? undefined : parent.rowsExamined) ?? parent.planRows ?? 1)
    // In a filter it runs for every row that is read, and PostgreSQL does not print how many those are.
    const isInFilter = parent.filter?.includes(child.subplanName ?? '\0') === true
    return isInFilter && child.totalCost ? Math.max(rows, left / child.totalCost) : rows
  }
  if (parent.op !== 'nested-loop' || child.parentRelationship !== 'inner') return 1
  if (child.op === 'materialize') return 1
  const [outer] = parent.children.filter(({ parentRelationship }) => parentRelationship === 'outer')
  return Math.max(1, outer?.planRows ?? 1)
}

/** Claims, made smaller in proportion where together they exceed what there is. */
function shrink(claims: readonly number[], available: number): number[] {
  const claimed = sum(claims)
  return claimed <= available || claimed === 0
    ? [...claims]
    : claims.map((claim) => (claim * Math.max(0, available)) / claimed)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
