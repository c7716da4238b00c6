import { dialectOf } from '../model/engine-dialect.ts'
import type { PlanNode } from '../model/plan.ts'
import { type Condition, conditionOf, conjunctsOf } from '../sql/condition.ts'
import { isSubquery, runsOf, sidesOf } from './plan-places.ts'
import type { Scan } from './plan-scan.ts'

/** The side of a join that a scan is read on, where that side is gone through for each row of the other. */
export interface LoopSide {
  readonly join: PlanNode
  /** What the join compares; with the filters directly above it, where an engine has nodes of their own for them. */
  readonly conditions: readonly Condition[]
  /** The inner side is kept in memory: it is not read again, only looked through. */
  readonly isKept: boolean
  /** Rows it is gone through for, those that are kept, and those that fit: counted, else as expected. */
  readonly outerRows: number | undefined
  readonly innerRows: number | undefined
  readonly givenRows: number | undefined
}

/** The innermost loop that goes through a scan; undefined where none does, or a subquery is in between. */
export function loopAround({ node, ancestors, plan }: Scan): LoopSide | undefined {
  const path = [...ancestors, node]
  for (let at = path.length - 2; at >= 0; at--) {
    const join = path[at] as PlanNode
    const child = path[at + 1] as PlanNode
    if (isSubquery(child)) return undefined
    const sides = sidesOf(join)
    const position = sides.indexOf(child)
    const isLoop = join.op === 'nested-loop' || isBuffered(join)
    if (!isLoop || position <= 0) continue
    const above = path.slice(0, at).reverse()
    return sideOf(join, child, sides, above, plan)
  }
  return undefined
}

function sideOf(
  join: PlanNode,
  child: PlanNode,
  sides: readonly PlanNode[],
  above: readonly PlanNode[],
  { engine, mode }: Scan['plan'],
): LoopSide {
  const filters = above.slice(0, above.findIndex(({ op }) => op !== 'filter') >>> 0)
  const texts = [join.joinFilter, child.joinFilter, join.joinCond, join.filter, ...filters.map(({ filter }) => filter)]
  const given = filters.at(-1) ?? join
  const before = sides.slice(0, Math.max(1, sides.indexOf(child)))
  // MariaDB expects every combination to fit, until it has seen how many do
  const isTold = sides.at(-1) === child && (engine !== 'mariadb' || mode !== 'plan')
  return {
    join,
    conditions: texts.flatMap((text) => (text === undefined ? [] : conjunctsOf(conditionOf(text, dialectOf[engine])))),
    isKept: child.op === 'materialize' || isBuffered(join) || isBuffered(child),
    outerRows: isUnconditional(join) ? rowsOfSide(sides[0]) : outerRowsOf(child, before),
    innerRows: rowsOfSide(isUnconditional(join) ? sides[1] : child),
    givenRows: isTold
      ? given.actualRows === undefined
        ? given.planRows
        : given.actualRows * (given.loops ?? 1)
      : undefined,
  }
}

/** A join of MySQL, or a table of MariaDB, that goes through a buffer of rows: it has no hash to look them up in. */
function isBuffered(node: PlanNode): boolean {
  return (
    isUnconditional(node) ||
    (node.notes ?? []).some((note) => /join buffer/i.test(note) && !/hash|BNLH|BKAH/i.test(note))
  )
}

/** `Inner hash join (no condition)`: MySQL has no other name for it. */
function isUnconditional({ op, notes = [] }: PlanNode): boolean {
  return op === 'hash-join' && notes.includes('no condition')
}

function outerRowsOf(child: PlanNode, before: readonly PlanNode[]): number | undefined {
  if (child.loops !== undefined && child.loops > 1) return runsOf({ node: child, above: [] })
  const sides = before.map(rowsOfSide)
  return sides.some((rows) => rows === undefined)
    ? undefined
    : sides.reduce<number>((product, rows) => product * Math.max(1, rows ?? 1), 1)
}

function rowsOfSide(side: PlanNode | undefined): number | undefined {
  if (side === undefined) return undefined
  const [hashed] = side.op === 'hash' ? side.children : []
  const node = hashed ?? side
  return node.actualRows ?? node.planRows
}
