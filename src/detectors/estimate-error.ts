import type { PlanNode } from '../model/plan.ts'
import { isInner, sidesOf } from './plan-places.ts'
import type { Scan } from './plan-scan.ts'

/** How far the planner was off at a scan, by an execution. */
export interface EstimateError {
  readonly expected: number
  /** Of each run. */
  readonly actual: number
  readonly runs: number
  /** 10 is ten times too many or too few. */
  readonly factor: number
  readonly isUnder: boolean
}

/** What a scan was expected to give, after its filters, against what it gave; undefined where it was not executed. */
export function estimateErrorOf({ node, ancestors, plan }: Scan): EstimateError | undefined {
  const gives = outermostFilter(node, ancestors)
  const { planRows, actualRows, loops = 1 } = gives
  if (planRows === undefined || actualRows === undefined || node.neverExecuted === true || plan.isPartial === true) {
    return undefined
  }
  // the planner never expects less than one row
  const [expected, actual] = [Math.max(1, planRows), Math.max(1, actualRows)]
  const factor = Math.max(expected / actual, actual / expected)
  return { expected: planRows, actual: actualRows, runs: loops, factor, isUnder: actual > expected }
}

function outermostFilter(node: PlanNode, ancestors: readonly PlanNode[]): PlanNode {
  let outermost = node
  for (const above of [...ancestors].reverse()) {
    if (above.op !== 'filter') break
    outermost = above
  }
  return outermost
}

/**
 * The join or sort above a scan that was chosen, or provided for, by a wrong number of rows; undefined where none was.
 *
 * Too few expected: loops that run more often than they should pay for, hash tables and sorts with too little room. Too
 * many: a join that reads the other table whole for a handful of rows.
 */
export function affectedBy({ node, ancestors }: Scan, { isUnder, actual, runs }: EstimateError): PlanNode | undefined {
  const path = [...ancestors, node].reverse()
  for (let at = 1; at < path.length; at++) {
    const [child, above] = [path[at - 1] as PlanNode, path[at] as PlanNode]
    if (child.parentRelationship === 'initplan') return undefined
    // it stopped early, so that what it gave says nothing of what there was
    if (!isUnder && (stopsEarly(above) || runs > 1)) return undefined
    if (isUnder ? suffersFromMore(child, above) : suffersFromFewer(child, above, actual)) return above
  }
  return undefined
}

function stopsEarly({ op, joinType }: PlanNode): boolean {
  return op === 'limit' || op === 'merge-join' || joinType === 'semi' || joinType === 'anti'
}

function suffersFromMore(child: PlanNode, above: PlanNode): boolean {
  if (above.op === 'sort' || above.op === 'incremental-sort') return above.sort?.disk === true
  if (above.op === 'nested-loop') return !isInner(child, above)
  return above.op === 'hash-join' || above.op === 'merge-join'
}

function suffersFromFewer(child: PlanNode, above: PlanNode, actual: number): boolean {
  if (above.op !== 'hash-join') return false
  const others = sidesOf(above).filter((side) => side !== child)
  return others.some((side) => wholeRowsIn(side) >= Math.max(1_000, actual * 10))
}

/** Rows of the largest table that is read whole below a node. */
function wholeRowsIn(node: PlanNode): number {
  const own =
    node.op === 'seq-scan' ? ((node.actualRows ?? 0) + (node.rowsRemovedByFilter ?? 0)) * (node.loops ?? 1) : 0
  return Math.max(own, ...node.children.map(wholeRowsIn))
}
