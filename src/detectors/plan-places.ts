import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'

/** A node, and those it stands below. */
export interface PlanPlace {
  readonly node: PlanNode
  /** Innermost first. */
  readonly above: readonly PlanNode[]
}

/** Every node of a plan with its place, in pre-order. */
export function placesOf({ root }: Pick<Plan, 'root'>): PlanPlace[] {
  const visit = (node: PlanNode, above: readonly PlanNode[]): PlanPlace[] => [
    { node, above },
    ...node.children.flatMap((child) => visit(child, [node, ...above])),
  ]
  return visit(root, [])
}

/** A subquery that hangs beside what a node reads, and is no part of it. */
export function isSubquery({ parentRelationship, correlated }: PlanNode): boolean {
  return parentRelationship === 'subplan' || parentRelationship === 'initplan' || correlated === true
}

/** True of a subquery that runs again for each row around it; one that is hashed is looked up. */
export function isRepeated({ parentRelationship, correlated, hashed }: PlanNode): boolean {
  return correlated === true && hashed !== true && parentRelationship !== 'initplan'
}

/** The subquery that a node is a part of, itself included; undefined where it belongs to the statement itself. */
export function innermostSubquery({
  node,
  ancestors,
}: {
  readonly node: PlanNode
  /** From the root down. */
  readonly ancestors: readonly PlanNode[]
}): PlanPlace | undefined {
  const path = [...ancestors, node]
  const at = path.findLastIndex(isSubquery)
  const found = path[at]
  return found === undefined ? undefined : { node: found, above: path.slice(0, at).reverse() }
}

/** True where rows are actual ones. */
export function isExecuted({ mode }: Plan): boolean {
  return mode !== 'plan'
}

/**
 * How often a node runs: as it was counted, else as the planner expects it, by the rows around it. 1 where neither is
 * told, and where what it gives is kept.
 */
export function runsOf({ node, above }: PlanPlace): number {
  const counted = nodesOf(node).find(({ loops }) => loops !== undefined)?.loops
  return counted ?? expectedRuns(node, above)
}

function expectedRuns(node: PlanNode, above: readonly PlanNode[]): number {
  let runs = 1
  let below = node
  for (const parent of above) {
    if (below !== node && keepsRows(below)) return runs
    if (below.correlated === true && below.hashed !== true) runs *= rowsAround(parent)
    else if (isInner(below, parent)) runs *= outerRows(below, parent)
    below = parent
  }
  return runs
}

/** MySQL makes a derived table that depends on the row around it anew, and says so. */
function keepsRows({ op, notes = [] }: PlanNode): boolean {
  if (notes.some((note) => note.includes('invalidate'))) return false
  return op === 'materialize' || op === 'hash' || op === 'temp-table'
}

/** True of each side of a nested loop but the first. */
export function isInner(child: PlanNode, parent: PlanNode): boolean {
  return parent.op === 'nested-loop' && sidesOf(parent).indexOf(child) > 0
}

/** Sides of a join, in the order they are read. */
export function sidesOf({ children }: PlanNode): PlanNode[] {
  return children.filter((child) => !isSubquery(child))
}

function outerRows(inner: PlanNode, join: PlanNode): number {
  const sides = sidesOf(join)
  const before = sides.slice(0, sides.indexOf(inner))
  return before.reduce((product, { planRows = 1 }) => product * Math.max(1, planRows), 1)
}

/** Rows that a subquery beside a node runs for. */
function rowsAround(node: PlanNode): number {
  const told = node.rowsExamined ?? node.planRows
  return Math.max(1, told ?? Math.max(0, ...sidesOf(node).map(({ planRows = 1 }) => planRows)))
}
