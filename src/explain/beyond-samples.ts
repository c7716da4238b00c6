import type { Plan, PlanNode } from '../model/plan.ts'

/**
 * A plan that was made on samples of some tables, without what is true of these alone: costs, and the rows of the tables.
 * Who reads it takes the rows of a scan from the catalog, and those of a look-up from what it gave.
 *
 * @param sampled names or aliases of the tables, in lower case.
 */
export function beyondSamples(plan: Plan, sampled: { has(alias: string): boolean }): Plan {
  return { ...plan, root: without(plan.root, sampled) }
}

function without(node: PlanNode, sampled: { has(alias: string): boolean }): PlanNode {
  const { startupCost: _s, totalCost: _t, planRows, rowsExamined, self, children, ...rest } = node
  const { cost: _c, ...own } = self
  const isKnown = children.length === 0 && !sampled.has(node.relation?.toLowerCase() ?? '')
  return {
    ...rest,
    ...(isKnown && planRows !== undefined ? { planRows } : {}),
    ...(isKnown && rowsExamined !== undefined ? { rowsExamined } : {}),
    self: own,
    children: children.map((child) => without(child, sampled)),
  }
}
