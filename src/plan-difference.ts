import type { PlanNode } from './model/plan.ts'
import type { PlanDiff } from './model/report-diff.ts'

/** Ids of the first nodes, from the top, that two plans do not have alike; by operation, table, index, join and order. */
export function firstDifference(before: PlanNode, after: PlanNode): PlanDiff['node'] {
  const [a, b] = [withoutGather(before), withoutGather(after)]
  if (keyOf(a) !== keyOf(b)) return { before: a.id, after: b.id }
  for (let index = 0; index < Math.max(a.children.length, b.children.length); index++) {
    const [left, right] = [a.children[index], b.children[index]]
    if (left === undefined) return right === undefined ? {} : { before: a.id, after: right.id }
    if (right === undefined) return { before: left.id, after: b.id }
    const below = firstDifference(left, right)
    if (below.before !== undefined || below.after !== undefined) return below
  }
  return {}
}

/** Whether workers share it says nothing of the shape. */
function withoutGather(node: PlanNode): PlanNode {
  const [only, ...others] = node.children
  return node.op === 'gather' && only !== undefined && others.length === 0 ? withoutGather(only) : node
}

function keyOf({ op, relation, index, joinType, sortKey, subplanName }: PlanNode): string {
  return JSON.stringify([op, relation, index, joinType, sortKey, subplanName !== undefined])
}
