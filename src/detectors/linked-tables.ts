import { dialectOf } from '../model/engine-dialect.ts'
import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { type Condition, conditionOf } from '../sql/condition.ts'
import type { PlanSubject } from './plan-detector.ts'
import { columnsIn } from './plan-scan.ts'
import { clausesFor } from './plan-tables.ts'

/** Which tables of a statement belong together by its conditions, over others too. */
export interface TableLinks {
  areLinked(a: string, b: string): boolean
}

/**
 * Reads them from what the statement says and from what the plan checks: the planner may have replaced `a.x = b.x and
 * a.x = 7` by two conditions with a value. Undefined where the text leaves open which tables it compares, as without
 * qualifiers, with USING, and in views.
 */
export function linkedTables(subject: PlanSubject, plan: Plan): TableLinks | undefined {
  if (/\busing\s*\(|\bnatural\b/i.test(subject.text)) return undefined
  const { sources, conditions } = clausesFor(subject)
  const aliases = new Map(sources.map(({ alias }) => [alias.toLowerCase(), alias.toLowerCase()]))
  const nameOf = (name: string): string | undefined => {
    const lower = name.toLowerCase()
    // partitions and repeated tables get a number
    return aliases.get(lower) ?? aliases.get(lower.replace(/_\d+$/, ''))
  }
  const groups = new Groups()
  for (const condition of conditions.flatMap(leavesOf)) {
    const columns = columnsIn(condition)
    if (columns.length < 2) continue
    const names = columns.map(({ table }) => (table === undefined ? undefined : nameOf(table)))
    if (names.includes(undefined)) return undefined
    groups.join(names as string[])
  }
  for (const condition of nodesOf(plan.root).flatMap((node) => printedConditions(node, plan))) {
    const names = columnsIn(condition).flatMap(({ table }) => (table === undefined ? [] : (nameOf(table) ?? table)))
    groups.join(names)
  }
  return {
    areLinked: (a, b) => {
      const [left, right] = [nameOf(a), nameOf(b)]
      // what the text does not name came from a view
      return left === undefined || right === undefined || groups.of(left) === groups.of(right)
    },
  }
}

/** What an OR compares belongs together as a whole; what must hold together is judged one by one. */
function leavesOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'and' ? condition.parts.flatMap(leavesOf) : [condition]
}

function printedConditions(node: PlanNode, { engine }: Plan): readonly Condition[] {
  const { filter, indexCond, recheckCond, joinFilter, joinCond } = node
  const texts = [filter, indexCond, recheckCond, joinFilter, joinCond].filter((text) => text !== undefined)
  return texts.flatMap((text) => leavesOf(conditionOf(text, dialectOf[engine])))
}

/** Names that were joined, directly or over others. */
class Groups {
  readonly #parents = new Map<string, string>()

  join([first, ...others]: readonly string[]): void {
    if (first === undefined) return
    for (const other of others) this.#parents.set(this.of(other), this.of(first))
  }

  of(name: string): string {
    let at = name
    for (let next = this.#parents.get(at); next !== undefined && next !== at; next = this.#parents.get(at)) at = next
    return at
  }
}
