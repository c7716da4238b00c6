import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'

/** Characters of a condition that a report keeps. */
const longestText = 300
/** Items of a list: sort keys, notes, warnings. */
const longestList = 20

/**
 * A plan that is bounded, for reports: at most so many nodes, the way to the guilty one and what is right below it first,
 * then from the top; nodes say how many below them are left out. Long texts are cut, and lists of output columns are not
 * kept. Ids stay as they are.
 *
 * @param node id of the guilty node.
 */
export function trimPlan(plan: Plan, maxNodes: number, node?: number): Plan {
  const kept = keptIds(plan.root, maxNodes, node)
  const trimmed = trimTexts(plan) as Plan
  return { ...trimmed, root: trimNode(plan.root, kept) }
}

/** How many nodes each of so many plans may have, where all of them together are to stay below a few megabytes. */
export function nodesPerPlan(plans: number): number {
  return Math.min(40, Math.max(8, Math.floor(3_000 / Math.max(plans, 1))))
}

function keptIds(root: PlanNode, maxNodes: number, node: number | undefined): ReadonlySet<number> {
  const all = nodesOf(root)
  const path = node === undefined ? [] : (pathTo(root, node) ?? [])
  const near = path.at(-1)?.children ?? []
  // where even the way down is too long, its end says more than its start; but a tree needs its root
  const wanted = [root, ...path.slice(-Math.max(maxNodes - 1, 1)), ...near, ...all]
  const kept = new Set<number>()
  for (const { id } of wanted) if (kept.size < maxNodes) kept.add(id)
  return kept
}

function pathTo(root: PlanNode, id: number): PlanNode[] | undefined {
  if (root.id === id) return [root]
  for (const child of root.children) {
    const path = pathTo(child, id)
    if (path !== undefined) return [root, ...path]
  }
  return undefined
}

function trimNode(node: PlanNode, kept: ReadonlySet<number>): PlanNode {
  const { children, output: _, ...rest } = node
  const { shown, omitted } = keptBelow(children, kept)
  return {
    ...(trimTexts(rest) as Omit<PlanNode, 'children'>),
    ...(omitted === 0 ? {} : { omitted }),
    children: shown.map((child) => trimNode(child, kept)),
  }
}

/** Of children that are left out, those below them that are kept move up. */
function keptBelow(
  children: readonly PlanNode[],
  kept: ReadonlySet<number>,
): { readonly shown: readonly PlanNode[]; readonly omitted: number } {
  const shown: PlanNode[] = []
  let omitted = 0
  for (const child of children) {
    if (kept.has(child.id)) {
      shown.push(child)
      continue
    }
    const below = keptBelow(child.children, kept)
    shown.push(...below.shown)
    omitted += 1 + below.omitted
  }
  return { shown, omitted }
}

function trimTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.length > longestText ? `${value.slice(0, longestText - 1)}…` : value
  if (Array.isArray(value)) return value.slice(0, longestList).map(trimTexts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === 'root' ? item : trimTexts(item)]))
}
