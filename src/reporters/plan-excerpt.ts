import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { renderPlanTree } from './plan-tree.ts'
import type { ReporterContext } from './reporter.ts'
import { trimPlan } from './trim-plan.ts'

/** Where there are fewer, the conditions of other nodes than the guilty one are left out. */
const fewLines = 40

/**
 * The tree of a plan, with the guilty node marked; of a large plan what is around that node.
 *
 * @param maxLines at most so many.
 */
export function renderPlanExcerpt(
  plan: Plan,
  node: number | undefined,
  maxLines: number,
  context: Pick<ReporterContext, 'color' | 'width'>,
): string[] {
  const options = node === undefined ? {} : ({ node, details: maxLines < fewLines ? 'guilty' : 'all' } as const)
  const nodes = nodesOf(plan.root)
  // a node may take more than a line
  for (let count = Math.min(nodes.length, maxLines); count > 1; count--) {
    const lines = renderPlanTree(withoutOmitted(trimPlan(plan, count, node)), options, context)
    const left = nodes.length - count
    const rest = left === 0 ? [] : [`… ${left} more ${left === 1 ? 'node' : 'nodes'}`]
    if (lines.length + rest.length <= maxLines) return [...lines, ...rest]
  }
  return renderPlanTree(trimPlan(plan, 1, node), options, context).slice(0, maxLines)
}

function withoutOmitted(plan: Plan): Plan {
  const strip = ({ omitted: _, ...node }: PlanNode): PlanNode => ({ ...node, children: node.children.map(strip) })
  return { ...plan, root: strip(plan.root) }
}
