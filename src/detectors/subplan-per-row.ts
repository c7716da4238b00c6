import type { ParameterPlan, Plan } from '../model/plan.ts'
import { nodesOf } from '../model/plan.ts'
import { conditionsBetween, equalityColumns } from './equality-columns.ts'
import { createIndex } from './index-ddl.ts'
import { milliseconds, percent } from './number-words.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject, shareOf } from './plan-detector.ts'
import { innermostSubquery, isExecuted, isRepeated, type PlanPlace, placesOf, runsOf } from './plan-places.ts'
import { rowsOfEachRun, timeOf } from './plan-rows.ts'
import { isFullScan, type Scan, scansOf } from './plan-scan.ts'
import { count, rows as rowsOf, triedWords } from './plan-words.ts'
import { shownCondition } from './shown-condition.ts'
import { isNotIn } from './unhashed-not-in.ts'

/** A subquery that runs again for each row around it. */
export const subplanPerRow = definePlanDetector({
  kind: 'subplan-per-row',
  summary: 'A subquery that runs again for each row around it: an N+1 inside one statement.',
  defaults: {
    /** Runs from which it counts. 100: a handful of scans costs less than the statement around them. */
    threshold: 100,
    /** Rows that all runs together must read. A table of five rows may be read as often as anyone likes. */
    rows: 100_000,
  },
  judge(subject, options) {
    return overPlans(subject, (of) => {
      if (isTrivial(of.plan)) return []
      const scans = scansOf(subject, of).flatMap((scan) => scanClaim(subject, of, scan, options) ?? [])
      return scans.length > 0
        ? scans
        : placesOf(of.plan).flatMap((place) => manyRunsClaim(subject, of.plan, place) ?? [])
    })
  },
})

interface Options {
  readonly threshold: number
  readonly rows: number
}

interface Numbers {
  /** Undefined where nothing tells for how many rows the subquery runs. */
  readonly runs: number | undefined
  readonly each: number | undefined
  readonly all: number | undefined
}

/** A scan inside a subquery, that is done again in each of its runs. */
function scanClaim(subject: PlanSubject, of: ParameterPlan, scan: Scan, options: Options): PlanClaim | undefined {
  const { plan } = of
  const subquery = innermostSubquery(scan)
  if (subquery === undefined || !isRepeated(subquery.node) || isNotIn(subject, plan, subquery)) return undefined
  const runs = knownRuns(of, subquery)
  const isWhole = isFullScan({ ...scan, indexConditions: plan.engine === 'sqlite' ? [] : scan.indexConditions })
  // inside what is kept, it is read once
  const isKept = plan.engine !== 'sqlite' && runs !== undefined && runsOf(placeOf(scan)) * 2 < runs
  if (!isWhole || isKept) return undefined
  const each = rowsOfEachRun(scan)
  const all = each === undefined || runs === undefined ? undefined : each * runs
  // where the rows around it are not known, a table that is worth an index is enough
  const isMuch = all === undefined ? (each ?? 0) >= 1_000 : all >= options.rows
  const isOften = runs === undefined || runs >= options.threshold || (all ?? 0) >= options.rows * 10
  return isMuch && isOften ? claimOf(subject, scan, subquery, { runs, each, all }) : undefined
}

function placeOf({ node, ancestors }: Scan): PlanPlace {
  return { node, above: [...ancestors].reverse() }
}

/** SQLite counts nothing: there the rows that the statement gave are the least that it ran for. */
function knownRuns({ plan, rows = 0 }: ParameterPlan, place: PlanPlace): number | undefined {
  if (plan.engine !== 'sqlite') return runsOf(place)
  return rows < 1 ? undefined : rows
}

function claimOf(subject: PlanSubject, scan: Scan, subquery: PlanPlace, { runs, each, all }: Numbers): PlanClaim {
  const { plan, node, table } = scan
  const verified = subject.indexes.find((index) => index.table === table.name && index.purpose !== 'order')
  const columns = verified?.columns ?? equalityColumns(scan)
  const wasExecuted = isExecuted(plan)
  const times = runs === undefined ? 'for each row' : `${count(runs)} times`
  const around = runs === undefined ? 'each row' : `each of ${rowsOf(runs)}`
  const size = all === undefined ? (each === undefined ? '' : `, ${rowsOf(each)} each time`) : `: ${rowsOf(all)}`
  const between = conditionsBetween(scan.conditions, scan)
  const condition = between.find(({ kind }) => kind === 'comparison') ?? between[0]
  const cause = condition === undefined ? '' : ` for \`${shownCondition(condition)}\``
  const ddl = verified?.ddl ?? (columns.length === 0 ? undefined : createIndex(table, columns.map(partOf), plan.engine))
  return {
    plan,
    node,
    confidence: wasExecuted || verified !== undefined ? 'proven' : 'likely',
    evidence: verified !== undefined ? 'verified' : wasExecuted ? 'actual' : 'plan',
    title: `${table.name} is scanned ${times} by a subquery${size}`,
    explanation: `The subquery runs again for ${around} around it, and each run reads ${table.name} from its beginning${
      each === undefined ? '' : `, ${rowsOf(each)}`
    }${cause}. ${measureWords(plan, subquery)}${verified === undefined ? '' : ` ${triedWords(verified)}`}`,
    advice: { summary: adviceFor(table.name, columns), ...(ddl === undefined ? {} : { ddl: [ddl] }) },
    table: table.name,
    ...(columns.length === 0 ? {} : { columns }),
    ...(verified === undefined ? {} : { verified }),
    share: shareOf(plan, subquery.node),
  }
}

function partOf(column: string): { readonly column: string } {
  return { column }
}

function measureWords(plan: Plan, { node }: PlanPlace): string {
  if (!isExecuted(plan)) return 'By the plan; nothing was executed.'
  const spent = timeOf(node)
  return spent === undefined ? 'It was executed.' : `It was executed: the subquery took ${milliseconds(spent)} in all.`
}

function adviceFor(table: string, columns: readonly string[]): string {
  if (columns.length === 0) {
    return `Compute it once for all rows: a join with ${table} grouped by the key, or LATERAL.`
  }
  return `Index ${table} (${columns.join(', ')}), so that each run looks its rows up; or compute it once for all rows: a join with ${table} grouped by ${columns[0]}.`
}

/** Nothing in it is read whole, and it still takes most of the time, since it runs so often: only as it was executed. */
function manyRunsClaim(subject: PlanSubject, plan: Plan, place: PlanPlace): PlanClaim | undefined {
  const { node } = place
  if (!isExecuted(plan) || !isRepeated(node) || isNotIn(subject, plan, place)) return undefined
  const runs = runsOf(place)
  const spent = timeOf(node) ?? 0
  const share = shareOf(plan, node)
  if (runs < 1_000 || spent < 100 || share < 0.5) return undefined
  const table = nodesOf(node).find(({ relation }) => relation !== undefined)?.relation
  return {
    plan,
    node,
    confidence: 'proven',
    evidence: 'actual',
    title: `A subquery${table === undefined ? '' : ` over ${table}`} runs ${count(runs)} times: ${milliseconds(spent)}`,
    explanation: `The subquery runs again for each of ${rowsOf(runs)} around it. Each run is short, since it reads no table whole; together they took ${milliseconds(spent)}, ${percent(share)} of the statement, as it was executed.`,
    advice: {
      summary: `Compute it once for all rows: a join with ${table ?? 'the rows'} grouped by the key, instead of ${count(runs)} look-ups.`,
    },
    ...(table === undefined ? {} : { table }),
    share,
  }
}
