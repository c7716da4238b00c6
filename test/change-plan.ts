import type { Plan, PlanNode } from '../src/model/plan.ts'

/** A real plan with some of its nodes changed, to see where a threshold is. */
export function changePlan(plan: Plan, change: (node: PlanNode) => Partial<PlanNode> | undefined): Plan {
  const visit = (node: PlanNode): PlanNode => {
    const changed = { ...node, ...change(node) }
    return { ...changed, children: changed.children.map(visit) }
  }
  return { ...plan, root: visit(plan.root) }
}
