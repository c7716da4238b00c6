import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { columnsIn, type Scan, scansOf } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'
import { count, list } from './plan-words.ts'

/** A statement whose best plan depends on its values. */
export const parameterSensitivePlan = definePlanDetector({
  kind: 'parameter-sensitive-plan',
  summary:
    'A statement whose best plan depends on the values it is sent with, while one plan may have to serve them all.',
  defaults: {
    /** Times the cost of one plan is that of another, from which it counts. */
    ratio: 3,
    /** Cost of the dearest plan, from which it counts: below it, any plan will do. */
    cost: 100,
  },
  judge(subject, { ratio, cost }) {
    const pair = farApart(subject, ratio)
    return pair === undefined || costOf(pair.dear.plan) < cost ? [] : [claimOf(subject, pair)]
  },
})

function costOf({ root }: Plan): number {
  return root.totalCost ?? 0
}

interface Candidate {
  readonly plan: Plan
  readonly isGeneric: boolean
}

/** Two plans of one statement that have nothing in common but their result. */
interface Pair {
  readonly dear: Candidate
  readonly cheap: Candidate
}

/** The dearest plan, and one of another shape that costs a fraction of it; undefined where there is none. */
function farApart({ plans, generic }: PlanSubject, ratio: number): Pair | undefined {
  const custom = plans.map(({ plan }) => ({ plan, isGeneric: false }))
  const all: Candidate[] = generic === undefined ? custom : [...custom, { plan: generic, isGeneric: true }]
  const [dear] = [...all].sort((a, b) => costOf(b.plan) - costOf(a.plan))
  const cheap = all.find(
    ({ plan }) =>
      dear !== undefined && plan.fingerprint !== dear.plan.fingerprint && costOf(plan) * ratio <= costOf(dear.plan),
  )
  return dear === undefined || cheap === undefined ? undefined : { dear, cheap }
}

function claimOf(subject: PlanSubject, { dear, cheap }: Pair): PlanClaim {
  const { plan } = dear
  const node = firstDifference(plan.root, cheap.plan.root)
  const scan = scanAt(subject, dear, node)
  const columns = scan === undefined ? [] : comparedColumns(scan)
  const table = scan?.table.name
  const by = columns.length === 0 ? 'the values' : list(columns)
  const [one, two] = [wordsFor(plan, node), wordsFor(cheap.plan, firstDifference(cheap.plan.root, plan.root))]
  const isPostgres = plan.engine === 'postgres'
  return {
    plan,
    node,
    confidence: 'likely',
    evidence: 'plan',
    title: `${table ?? subject.shape.tables[0] ?? 'The statement'} is read by ${one} or by ${two}, by the value of ${by}`,
    explanation: `${sideWords(dear, cheap, one, two)} ${cacheWords(subject, plan)} By the planner's estimates, with the values that were seen.`,
    advice: isPostgres
      ? {
          summary: `Have it planned for its values (plan_cache_mode = force_custom_plan), or keep the rare values of ${by} in a partial index, without the common one.`,
          ddl: ['SET LOCAL plan_cache_mode = force_custom_plan'],
        }
      : {
          summary: `Ask for the common value of ${by} in a statement of its own, for fewer rows: it reads a large part of the table, whatever its plan.`,
        },
    ...(table === undefined ? {} : { table }),
    ...(columns.length === 0 ? {} : { columns }),
    share: 1,
    // elsewhere a plan is made for the values of each execution
    ...(isPostgres ? {} : { severity: 'info' as const }),
  }
}

function sideWords(dear: Candidate, cheap: Candidate, one: string, two: string): string {
  if (dear.isGeneric) return `The plan for unknown values is ${one}; for the values that were seen, it is ${two}.`
  const where = cheap.isGeneric ? 'for unknown values' : 'for others'
  return `For some of the values that were seen, the plan is ${one}; ${where}, it is ${two}.`
}

function cacheWords({ generic, plans }: PlanSubject, { engine }: Plan): string {
  if (engine !== 'postgres') return 'It is planned for each execution, so that each gets its own.'
  const cached = 'A prepared statement may be planned once for all values, after its fifth execution'
  if (generic === undefined) return `${cached}.`
  const unserved = plans.filter(({ plan }) => plan.fingerprint !== generic.fingerprint).length
  return unserved === 0
    ? `${cached}.`
    : `${cached}: ${unserved} of ${plans.length} classes of values then get another plan.`
}

function wordsFor(plan: Plan, { nodeType, index }: PlanNode): string {
  const cost = plan.root.totalCost
  const through = index === undefined ? nodeType : `${nodeType} on ${index}`
  return cost === undefined ? through : `${through} (cost ${count(cost)})`
}

/** The first node, from the root, at which two plans differ. */
function firstDifference(a: PlanNode, b: PlanNode): PlanNode {
  const isSameStep = a.op === b.op && a.relation === b.relation && a.index === b.index
  if (!isSameStep || a.children.length !== b.children.length) return a
  for (const [at, child] of a.children.entries()) {
    const other = b.children[at] as PlanNode
    const found = firstDifference(child, other)
    if (found !== child || differs(child, other)) return found
  }
  return a
}

function differs(a: PlanNode, b: PlanNode): boolean {
  return a.op !== b.op || a.relation !== b.relation || a.index !== b.index || a.children.length !== b.children.length
}

/** The scan at a node, or the first below it. */
function scanAt(subject: PlanSubject, { plan }: Candidate, node: PlanNode): Scan | undefined {
  const below = nodesOf(node)
  const scans = scansOf(subject, { plan, executions: 0 })
  return scans.find((scan) => below.includes(scan.node)) ?? scans[0]
}

/** Columns that the statement compares with values, as far as the scan does. */
function comparedColumns({ conditions, indexConditions, table, clauses }: Scan): string[] {
  const columns = [...conditions, ...indexConditions].flatMap(columnsIn)
  const own = columns.filter((column) => clauses.sources.length <= 1 || isSame(column.table, table.alias))
  return [...new Set(own.map(({ name }) => name))]
}
