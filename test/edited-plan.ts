import { nodesOf, type Plan, type PlanNode } from '../src/model/plan.ts'

/** A plan with some of its own numbers changed. */
export function editedPlan(plan: Plan, change: Partial<Plan>): Plan {
  return { ...plan, ...change }
}

/** A plan with some numbers changed of its nodes of one operation, or of one table; throws where it has none. */
export function editedNode(plan: Plan, match: Partial<PlanNode>, change: Partial<PlanNode>): Plan {
  const keys = Object.keys(match) as (keyof PlanNode)[]
  const isMatch = (node: PlanNode): boolean => keys.every((key) => node[key] === match[key])
  if (!nodesOf(plan.root).some(isMatch)) throw new Error(`no node is ${JSON.stringify(match)}`)
  const edit = (node: PlanNode): PlanNode => {
    const edited = isMatch(node) ? { ...node, ...change } : node
    return { ...edited, children: edited.children.map(edit) }
  }
  return { ...plan, root: edit(plan.root) }
}
