import { nodesOf, type ParameterPlan, type Plan, type PlanNode } from '../model/plan.ts'
import { comparisonsOf } from '../sql/condition.ts'
import { milliseconds } from './number-words.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject, shareOf } from './plan-detector.ts'
import { isExecuted, type PlanPlace, placesOf, runsOf } from './plan-places.ts'
import { timeOf } from './plan-rows.ts'
import { clausesFor, type PlanTable, tableOf } from './plan-tables.ts'
import { count, rows as rowsOf } from './plan-words.ts'
import { isNotIn } from './unhashed-not-in.ts'

/** NOT IN over a list that is looked through from its beginning for each row. */
export const notInSubplan = definePlanDetector({
  kind: 'not-in-subplan',
  summary: 'A NOT IN whose list is looked through again for each row, because it could not be hashed.',
  defaults: {
    /** Comparisons from which it counts: rows around it × rows of the list. Fewer take no time. */
    comparisons: 100_000,
  },
  judge(subject, { comparisons }) {
    return overPlans(subject, (of) =>
      isTrivial(of.plan)
        ? []
        : placesOf(of.plan)
            .filter((place) => isNotIn(subject, of.plan, place))
            .flatMap((place) => claimOf(subject, of, place, comparisons) ?? []),
    )
  },
})

function claimOf(subject: PlanSubject, of: ParameterPlan, place: PlanPlace, least: number): PlanClaim | undefined {
  const { plan } = of
  const { node } = place
  const source = sourceOf(subject, plan, node)
  const size = node.op === 'materialize' ? (node.children[0]?.actualRows ?? node.planRows) : undefined
  const list = size ?? source?.catalog?.rows ?? node.planRows
  const around = rowsAround(subject, plan, place)
  const compared = around === undefined ? undefined : around * (node.actualRows ?? node.planRows ?? list ?? 0)
  // where the rows around it are not known, a list that is worth an index is enough
  if (compared === undefined ? (list ?? 0) < 1_000 : compared < least) return undefined
  const name = source?.name ?? 'the list'
  const each = around === undefined ? 'each row' : `each of ${rowsOf(around)}`
  const wasExecuted = isExecuted(plan)
  return {
    plan,
    node,
    confidence: wasExecuted ? 'proven' : 'likely',
    evidence: wasExecuted ? 'actual' : 'plan',
    title: `NOT IN looks through ${name} for ${each}${compared === undefined ? '' : `: ${count(compared)} comparisons`}`,
    explanation: `${causeOf(plan)}: for ${each} it is looked through from its beginning, until a row fits${
      list === undefined ? '' : `; it has ${rowsOf(list)}`
    }. ${measureWords(plan, place)}`,
    advice: { summary: adviceFor(subject, plan, place, source) },
    ...(source === undefined ? {} : { table: source.name }),
    share: shareOf(plan, node),
  }
}

/** The table that the list is of. */
function sourceOf(subject: PlanSubject, { engine }: Plan, list: PlanNode): PlanTable | undefined {
  const clauses = clausesFor(subject)
  const read = nodesOf(list).find(({ relation }) => relation !== undefined)
  return read === undefined ? undefined : tableOf(subject, clauses, read, engine)
}

function causeOf({ engine }: Plan): string {
  return engine === 'postgres'
    ? 'The list of NOT IN is not hashed, since it would not fit into work_mem, or its values cannot be'
    : 'The list of NOT IN depends on the row, and is made anew'
}

function measureWords(plan: Plan, { node }: PlanPlace): string {
  if (!isExecuted(plan)) return 'By the plan; nothing was executed.'
  const spent = timeOf(node)
  return spent === undefined ? 'It was executed.' : `It was executed: the list alone took ${milliseconds(spent)}.`
}

function adviceFor(subject: PlanSubject, plan: Plan, place: PlanPlace, source: PlanTable | undefined): string {
  const from = source?.name ?? '…'
  const where = source === undefined ? undefined : correlation(subject, plan, place, source)
  return `Write it as NOT EXISTS (SELECT 1 FROM ${from} WHERE ${where ?? '…'}), which becomes one join; a NULL in the list then no longer empties the result.`
}

/** `blocked.customer_id = orders.customer_id`, where the statement is plain enough to tell. */
function correlation(subject: PlanSubject, plan: Plan, { above }: PlanPlace, table: PlanTable): string | undefined {
  const clauses = clausesFor(subject)
  const comparisons = clauses.conditions.flatMap(comparisonsOf).filter(({ operator }) => operator === 'not in')
  const [only] = comparisons
  const column = only?.left.column
  const listed = /^select\s+(?:distinct\s+)?(?:[\w"`]+\.)?([\w"`]+)\s+from\b/i.exec(
    only?.right[0]?.text.replace(/^\(/, '') ?? '',
  )?.[1]
  const outer = column?.table ?? above.map((node) => tableOf(subject, clauses, node, plan.engine)?.alias).find(Boolean)
  if (comparisons.length !== 1 || column === undefined || listed === undefined || outer === undefined) return undefined
  return `${table.alias}.${listed} = ${outer}.${column.name}`
}

/**
 * The rows around it are those that its parent read; PostgreSQL does not print how many those are where it only plans, and
 * takes it that a NOT IN keeps half of them.
 */
function rowsAround(subject: PlanSubject, plan: Plan, place: PlanPlace): number | undefined {
  if (plan.engine === 'sqlite') return undefined
  if (isExecuted(plan)) return runsOf(place)
  const [parent] = place.above
  const table = parent === undefined ? undefined : tableOf(subject, clausesFor(subject), parent, plan.engine)
  const whole = parent?.op === 'seq-scan' ? (table?.catalog?.rows ?? 0) : 0
  return Math.max(runsOf(place), (parent?.planRows ?? 0) * 2, whole)
}
