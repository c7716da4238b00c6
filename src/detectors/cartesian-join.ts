import type { CatalogTable, ParameterPlan, Plan, PlanNode } from '../model/plan.ts'
import { nodesOf } from '../model/plan.ts'
import { linkedTables } from './linked-tables.ts'
import { milliseconds } from './number-words.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isExecuted, sidesOf } from './plan-places.ts'
import { timeOf } from './plan-rows.ts'
import { clausesFor, type PlanTable, tableOf } from './plan-tables.ts'
import { list, rows as rowsOf } from './plan-words.ts'

/** Two tables that are multiplied, because nothing joins them. */
export const cartesianJoin = definePlanDetector({
  kind: 'cartesian-join',
  summary: 'Two tables that no condition joins, so that each row of one comes with every row of the other.',
  defaults: {
    /** Combinations from which it counts: a few rows beside a few others may be meant. */
    rows: 10_000,
  },
  judge(subject, { rows }) {
    return overPlans(subject, (of) => {
      if (isTrivial(of.plan)) return []
      const claims = nodesOf(of.plan.root).flatMap((join) => claimOf(subject, of, join, rows) ?? [])
      return claims.slice(0, 1)
    })
  },
})

interface Sides {
  readonly left: readonly PlanTable[]
  readonly right: readonly PlanTable[]
  readonly leftRows: number
  readonly rightRows: number
}

function claimOf(subject: PlanSubject, of: ParameterPlan, join: PlanNode, least: number): PlanClaim | undefined {
  const sides = unjoinedSides(subject, of.plan, join)
  if (sides === undefined) return undefined
  const { left, right, leftRows, rightRows } = sides
  const all = leftRows * rightRows
  // what is written as CROSS JOIN may be meant; some ORMs write every join so
  const isWritten = /\bcross\s+join\b(?!\s+lateral)/i.test(subject.text)
  if (leftRows <= 1 || rightRows <= 1 || all < (isWritten ? least * 100 : least)) return undefined
  const isMeasured = isExecuted(of.plan)
  const [a, b] = [namesOf(left), namesOf(right)]
  const spent = isMeasured ? timeOf(join) : undefined
  const measured = spent === undefined ? 'It was executed' : `It was executed, and took ${milliseconds(spent)}`
  const upTo = of.plan.engine === 'sqlite' ? 'up to ' : ''
  return {
    plan: of.plan,
    node: join,
    confidence: isWritten ? 'candidate' : isMeasured ? 'proven' : 'likely',
    evidence: isMeasured ? 'actual' : 'plan',
    title: `${a} × ${b} without a join condition: ${upTo}${rowsOf(all)}`,
    explanation: `Nothing in the statement compares ${a} with ${b}: each of ${upTo}${rowsOf(leftRows)} is combined with each of ${upTo}${rowsOf(rightRows)}. ${
      isMeasured ? measured : 'By the plan; nothing was executed'
    }.`,
    advice: { summary: adviceFor(left, right) },
    ...(right[0] === undefined ? {} : { table: right[0].name }),
    severity: isWritten ? 'warning' : 'error',
  }
}

function namesOf(tables: readonly PlanTable[]): string {
  return list(tables.map(({ name }) => name))
}

/** Both sides of a join, where nothing says how they belong together. */
function unjoinedSides(subject: PlanSubject, plan: Plan, join: PlanNode): Sides | undefined {
  if (join.op !== 'nested-loop' && join.op !== 'hash-join') return undefined
  const sides = sidesOf(join)
  const links = linkedTables(subject, plan)
  if (links === undefined) return undefined
  for (let at = 1; at < sides.length; at++) {
    const before = sides.slice(0, at)
    const inner = sides[at] as PlanNode
    const left = before.flatMap((side) => tablesIn(subject, plan, side) ?? [])
    const right = tablesIn(subject, plan, inner)
    if (left.length === 0 || right === undefined || right.length === 0) continue
    if (before.some((side) => tablesIn(subject, plan, side) === undefined)) continue
    if (left.some((a) => right.some((b) => links.areLinked(a.alias, b.alias)))) continue
    const leftRows = productOf(before.map((side) => rowsOfSide(plan, side, left)))
    const rightRows = rowsOfSide(plan, inner, right)
    if (leftRows !== undefined && rightRows !== undefined) return { left, right, leftRows, rightRows }
  }
  return undefined
}

/** Tables below a node; undefined where there also is what may depend on the other side without saying so. */
function tablesIn(subject: PlanSubject, { engine }: Plan, side: PlanNode): PlanTable[] | undefined {
  const nodes = nodesOf(side)
  if (nodes.some(({ op }) => op === 'function-scan' || op === 'values' || op === 'other')) return undefined
  const clauses = clausesFor(subject)
  const tables = nodes.flatMap((node) =>
    node.relation === undefined ? [] : (tableOf(subject, clauses, node, engine) ?? []),
  )
  return tables.filter(({ alias }, index) => tables.findIndex((table) => table.alias === alias) === index)
}

/** SQLite expects no numbers of rows: there it is the whole table, at most. */
function rowsOfSide(plan: Plan, side: PlanNode, tables: readonly PlanTable[]): number | undefined {
  const [hashed] = side.op === 'hash' ? side.children : []
  const node = hashed ?? side
  if (plan.engine !== 'sqlite') return node.actualRows ?? node.planRows
  return productOf(tables.map(({ catalog }) => catalog?.rows))
}

function productOf(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.includes(undefined) ? undefined : numbers.reduce<number>((product, n) => product * (n ?? 1), 1)
}

/** With the foreign key, where there is one. */
function adviceFor(left: readonly PlanTable[], right: readonly PlanTable[]): string {
  const key = left.flatMap((a) => right.flatMap((b) => keyBetween(a, b) ?? keyBetween(b, a) ?? []))[0]
  const [a, b] = [namesOf(left), namesOf(right)]
  if (key === undefined) return `Add the condition that joins ${a} and ${b}, or read them in two statements.`
  return `Add the condition that joins ${a} and ${b}: \`${key}\`, by their foreign key.`
}

function keyBetween(from: PlanTable, to: PlanTable): string | undefined {
  const key = foreignKeys(from.catalog).find(({ table }) => table === to.name)
  return key?.columns
    .map((column, index) => `${from.alias}.${column} = ${to.alias}.${key.references[index] ?? ''}`)
    .join(' AND ')
}

function foreignKeys(table: CatalogTable | undefined): NonNullable<CatalogTable['foreignKeys']> {
  return table?.foreignKeys ?? []
}
