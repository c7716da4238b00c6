import { dialectOf } from '../model/engine-dialect.ts'
import type { ParameterPlan, PlanNode } from '../model/plan.ts'
import { nodesOf } from '../model/plan.ts'
import { type Clauses, readSortKey } from '../sql/clauses.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isShort } from './plan-floor.ts'
import { clausesFor } from './plan-tables.ts'
import { count, list, rows } from './plan-words.ts'

/** Rows that were read to be skipped, and rows that were wanted. */
interface Skipped {
  readonly node: PlanNode
  readonly discarded: number
  /** Absent where nothing tells. */
  readonly returned?: number
  readonly basis: 'actual' | 'plan' | 'digits'
}

/** Pages are counted off with OFFSET: the rows of all pages before are read, and thrown away. */
export const largeOffset = definePlanDetector({
  kind: 'large-offset',
  summary: 'Pages are counted off with OFFSET: the rows of all pages before are read, and thrown away.',
  defaults: {
    /** Rows skipped for each that is returned. 10: the eleventh page. */
    discardRatio: 10,
    /** Rows skipped, at least. 5000: fewer take a millisecond or two. */
    discardedRows: 5_000,
  },
  judge(subject, { discardRatio, discardedRows }) {
    const clauses = clausesFor(subject)
    if (!clauses.hasOffset) return []
    const found = subject.plans.flatMap((of) => {
      const skipped = skippedIn(subject, of)
      return skipped === undefined ? [] : [{ of, skipped }]
    })
    return found
      .filter(
        ({ skipped: { discarded, returned = 0 } }) =>
          discarded >= discardedRows && discarded >= discardRatio * returned,
      )
      .filter(({ skipped: { node } }) => !isShort(node, subject.executions.length))
      .sort((a, b) => b.skipped.discarded - a.skipped.discarded)
      .slice(0, 1)
      .map(({ of, skipped }) => claimOf(of, skipped, clauses))
  },
})

function skippedIn(subject: PlanSubject, of: ParameterPlan): Skipped | undefined {
  const { plan, rows: given } = of
  const limit = nodesOf(plan.root).find(({ op }) => op === 'limit')
  if (limit?.limit?.offset !== undefined) {
    const returned = limit.actualRows ?? given ?? limit.limit.count
    return {
      node: limit,
      discarded: limit.limit.offset,
      basis: limit.actualRows === undefined ? 'plan' : 'actual',
      ...(returned === undefined ? {} : { returned }),
    }
  }
  if (limit !== undefined && plan.engine === 'postgres') return skippedBy(limit)
  return skippedByRows(plan.root, given) ?? skippedByDigits(subject, limit ?? plan.root, given)
}

/** PostgreSQL does not print the offset: what comes in and does not go out, or what is paid before the first row. */
function skippedBy(limit: PlanNode): Skipped | undefined {
  const [child] = limit.children
  if (child === undefined) return undefined
  if (limit.actualRows !== undefined && child.actualRows !== undefined) {
    const loops = limit.loops ?? 1
    const discarded = child.actualRows * (child.loops ?? 1) - limit.actualRows * loops
    return { node: limit, discarded, returned: limit.actualRows * loops, basis: 'actual' }
  }
  const { startupCost: start, totalCost: total, planRows } = child
  if (limit.startupCost === undefined || start === undefined || total === undefined || planRows === undefined)
    return undefined
  if (total <= start) return undefined
  const discarded = ((limit.startupCost - start) / (total - start)) * planRows
  return { node: limit, discarded: Math.round(discarded), returned: limit.planRows ?? 0, basis: 'plan' }
}

/** MariaDB, and the older format of MySQL, print no LIMIT: rows that were read beyond those that the driver received. */
function skippedByRows(root: PlanNode, given: number | undefined): Skipped | undefined {
  const nodes = nodesOf(root)
  const tables = nodes.filter(({ relation }) => relation !== undefined)
  const [table] = tables
  if (table === undefined || tables.length !== 1 || given === undefined) return undefined
  if (table.filter !== undefined || nodes.some(({ filter }) => filter !== undefined)) return undefined
  const actual = table.actualRows === undefined ? undefined : table.actualRows * (table.loops ?? 1)
  const read = actual ?? table.rowsExamined
  if (read === undefined || (actual === undefined && table.op !== 'index-full-scan')) return undefined
  return { node: table, discarded: read - given, returned: given, basis: actual === undefined ? 'plan' : 'actual' }
}

/** A number of five digits is ten thousand and more. Nothing else of the values is kept. */
function skippedByDigits(
  { shape, executions, values }: PlanSubject,
  node: PlanNode,
  given: number | undefined,
): Skipped | undefined {
  const slots = shape.slots.flatMap(({ clause }, at) => (clause === 'offset' ? [at] : []))
  const digits = executions.flatMap(({ parameters }) =>
    slots.flatMap((slot) => {
      const token = parameters?.[slot]
      const value = typeof token === 'number' ? values[token] : undefined
      return value?.type === 'integer' ? [value.size] : []
    }),
  )
  if (digits.length === 0) return undefined
  const returned = given ?? executions.find(({ rows: read }) => read !== undefined)?.rows
  return {
    node,
    discarded: 10 ** (Math.max(...digits) - 1),
    basis: 'digits',
    ...(returned === undefined ? {} : { returned }),
  }
}

function claimOf({ plan }: ParameterPlan, skipped: Skipped, clauses: Clauses): PlanClaim {
  const { node, discarded, returned, basis } = skipped
  const keys = sortKeysOf(plan.root, clauses, plan.engine)
  const [table] = clauses.sources
  const amount = `${basis === 'digits' ? `${count(discarded)} rows and more` : rows(discarded)}`
  const kept = returned === undefined ? '' : ` to return ${count(returned)}`
  const names = keys.map(({ text }) => text)
  return {
    plan,
    node,
    confidence: basis === 'actual' ? 'proven' : 'likely',
    evidence: basis === 'actual' ? 'actual' : 'plan',
    title: `OFFSET skips ${amount}${kept}`,
    explanation: [
      `The database cannot jump to the page: it reads the ${amount} before it${names.length === 0 ? '' : ` in the order of ${list(names)}`}, and throws them away.`,
      'Each page is slower than the one before, and rows that are added meanwhile shift the pages.',
      proofOf(basis),
    ].join(' '),
    advice: { summary: keysetWords(keys) },
    ...(table === undefined ? {} : { table: table.table }),
    ...(keys.length === 0 ? {} : { columns: keys.map(({ column, text }) => column?.name ?? text) }),
  }
}

function proofOf(basis: Skipped['basis']): string {
  if (basis === 'actual') return 'These are the rows of an execution.'
  return basis === 'plan'
    ? 'By the plan; nothing was executed.'
    : 'By the number of digits of the OFFSET; its value was not kept.'
}

function sortKeysOf(root: PlanNode, { orderBy }: Clauses, engine: keyof typeof dialectOf): Clauses['orderBy'] {
  if (orderBy.length > 0) return orderBy
  const sort = nodesOf(root).find(({ sortKey }) => sortKey !== undefined)
  return sort?.sortKey?.map((key) => readSortKey(key, dialectOf[engine])) ?? []
}

function keysetWords(keys: Clauses['orderBy']): string {
  if (keys.length === 0) {
    return 'Order by a unique column, remember its value in the last row of a page, and begin the next page behind it (WHERE id > last ORDER BY id LIMIT n).'
  }
  const names = keys.map(({ text }) => text)
  const isMixed = new Set(keys.map(({ direction }) => direction)).size > 1
  const sign = keys[0]?.direction === 'desc' ? '<' : '>'
  const [only = ''] = names
  const last = names.map((name) => `last ${name}`).join(', ')
  const condition = names.length === 1 ? `${only} ${sign} last ${only}` : `(${names.join(', ')}) ${sign} (${last})`
  const order = keys.map(({ text, direction }) => (direction === 'desc' ? `${text} DESC` : text)).join(', ')
  const where = isMixed
    ? `a condition on ${list(names)} that holds for what comes behind these values`
    : `WHERE ${condition}`
  return `Begin each page behind the last row of the one before, instead of counting: ${where} ORDER BY ${order} LIMIT n, with a unique column as the last key.`
}
