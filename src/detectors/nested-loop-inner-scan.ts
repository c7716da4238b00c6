import type { ParameterPlan, PlanNode } from '../model/plan.ts'
import { type Condition, conjunctsOf } from '../sql/condition.ts'
import { conditionsBetween, equalityColumns } from './equality-columns.ts'
import { createIndex } from './index-ddl.ts'
import { type LoopSide, loopAround } from './loop-side.ts'
import { milliseconds } from './number-words.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject, shareOf } from './plan-detector.ts'
import { innermostSubquery, isExecuted, placesOf, runsOf } from './plan-places.ts'
import { rowsOfEachRun, timeOf } from './plan-rows.ts'
import { isFullScan, type Scan, scansOf } from './plan-scan.ts'
import { clausesFor, tableOf } from './plan-tables.ts'
import { count, rows as rowsOf, triedWords } from './plan-words.ts'
import { shownCondition } from './shown-condition.ts'
import { isNotIn } from './unhashed-not-in.ts'

/** A join that looks for its rows by reading the other table whole. */
export const nestedLoopInnerScan = definePlanDetector({
  kind: 'nested-loop-inner-scan',
  summary: 'A join that looks for the rows of each row by reading the other table, or all that is kept of it, again.',
  defaults: {
    /** Rows it is done for, from which it counts. 100: a handful of scans costs less than the statement around them. */
    threshold: 100,
    /** Rows that are read again in all. A table of five rows may be read as often as anyone likes. */
    rows: 100_000,
    /** Comparisons of rows in memory, which are cheaper than reading them. */
    comparisons: 1_000_000,
  },
  judge(subject, options) {
    return overPlans(subject, (of) =>
      isTrivial(of.plan)
        ? []
        : [...scansOf(subject, of), ...automaticIndexes(subject, of)].flatMap(
            (scan) => claimOf(subject, of, scan, options) ?? [],
          ),
    )
  },
})

interface Options {
  readonly threshold: number
  readonly rows: number
  readonly comparisons: number
}

/** What is done too often, in words. */
interface Work {
  readonly title: string
  readonly explanation: string
  /** Conditions of the join, as far as they are printed or written. */
  readonly conditions: readonly Condition[]
  readonly isEstimate?: boolean
}

function claimOf(subject: PlanSubject, of: ParameterPlan, scan: Scan, options: Options): PlanClaim | undefined {
  const side = loopAround(scan)
  const work =
    scan.node.op === 'automatic-index'
      ? automaticIndex(scan)
      : side === undefined
        ? undefined
        : of.plan.engine === 'sqlite'
          ? scanOfSqlite(scan, options)
          : (rescan(scan, side, options) ?? comparisons(scan, side, options))
  if (work === undefined) return undefined
  const { plan } = of
  const { node, table } = scan
  const verified = subject.indexes.find((index) => index.table === table.name && index.purpose !== 'order')
  const own = node.op === 'automatic-index' ? (node.keyParts ?? []) : equalityColumns(scan, work.conditions)
  const columns = verified?.columns ?? own
  const isMeasured = isExecuted(plan)
  const join = side?.join ?? node
  const ddl = verified?.ddl ?? (columns.length === 0 ? undefined : createIndex(table, columns.map(partOf), plan.engine))
  return {
    plan,
    node,
    confidence: isMeasured || verified !== undefined ? 'proven' : 'likely',
    evidence: verified !== undefined ? 'verified' : isMeasured ? 'actual' : 'plan',
    title: work.title,
    explanation: `${work.explanation} ${measureWords(isMeasured, join)}${
      verified === undefined ? '' : ` ${triedWords(verified)}`
    }`,
    advice: { summary: adviceFor(scan, columns, work.conditions), ...(ddl === undefined ? {} : { ddl: [ddl] }) },
    table: table.name,
    ...(columns.length === 0 ? {} : { columns }),
    ...(verified === undefined ? {} : { verified }),
    share: shareOf(plan, join),
  }
}

/** SQLite's automatic indexes: no way to read a table that anyone has made. */
function automaticIndexes(subject: PlanSubject, { plan }: ParameterPlan): Scan[] {
  const clauses = clausesFor(subject)
  return placesOf(plan).flatMap(({ node, above }) => {
    const table = node.op === 'automatic-index' ? tableOf(subject, clauses, node, plan.engine) : undefined
    const ancestors = [...above].reverse()
    const subquery = innermostSubquery({ node, ancestors })
    // that has its own page
    const isListed = subquery !== undefined && isNotIn(subject, plan, subquery)
    return table === undefined || isListed
      ? []
      : [{ plan, node, ancestors, table, clauses, conditions: [], indexConditions: [], basis: 'plan' as const }]
  })
}

function partOf(column: string): { readonly column: string } {
  return { column }
}

function measureWords(isMeasured: boolean, join: PlanNode): string {
  if (!isMeasured) return 'By the plan; nothing was executed.'
  const spent = timeOf(join)
  return spent === undefined ? 'It was executed.' : `It was executed: the join took ${milliseconds(spent)}.`
}

/** The inner side is read from the table again for each row of the outer one. */
function rescan(scan: Scan, side: LoopSide, { threshold, rows }: Options): Work | undefined {
  const { table, node } = scan
  const each = rowsOfEachRun(scan)
  const runs = runsOf({ node, above: [...scan.ancestors].reverse() })
  if (side.isKept || !isFullScan(scan) || each === undefined) return undefined
  if (runs < threshold || runs * each < rows) return undefined
  // where nothing is compared, tables are multiplied: that is cartesian-join
  const conditions = [...scan.conditions, ...side.conditions]
  if (conditionsBetween(conditions, scan).length === 0) return undefined
  return {
    title: `${table.name} is read whole ${count(runs)} times in a nested loop: ${rowsOf(runs * each)}`,
    explanation: `For each of ${rowsOf(runs)}, the join reads ${table.name} from beginning to end, ${rowsOf(each)}, to find those that fit.`,
    conditions,
  }
}

/** The inner side is kept, or buffered, and looked through for each row of the outer one. */
function comparisons(scan: Scan, side: LoopSide, options: Options): Work | undefined {
  const between = conditionsBetween([...side.conditions, ...scan.conditions], scan)
  const { outerRows, innerRows, givenRows } = side
  if (!side.isKept || between.length === 0 || outerRows === undefined || innerRows === undefined) return undefined
  const compared = outerRows * innerRows
  if (outerRows < options.threshold || compared < options.comparisons) return undefined
  // where most of them fit, looking through all is what it takes
  if (givenRows !== undefined && givenRows * 5 > compared) return undefined
  return {
    title: `${rowsOf(outerRows)} are each compared with ${rowsOf(innerRows)} of ${scan.table.name}: ${count(compared)} comparisons`,
    explanation: `The join has no index and no hash table to find the rows of ${scan.table.name} for \`${shownCondition(between[0] as Condition)}\`: it compares each row of one side with each of the other.`,
    conditions: between,
  }
}

/** SQLite makes an index for one execution where it finds none, and throws it away. */
function automaticIndex(scan: Scan): Work | undefined {
  const { table, clauses, node } = scan
  const between = conditionsBetween(clauses.conditions.flatMap(conjunctsOf), scan)
  const rows = table.catalog?.rows
  // one that serves a value is no part of a join
  if (between.length === 0 || (rows !== undefined && rows < 1_000)) return undefined
  const size = rows === undefined ? '' : `, ${rowsOf(rows)}`
  return {
    title: `An index on ${table.name} (${(node.keyParts ?? []).join(', ')}) is built for every execution`,
    explanation: `SQLite finds no index for the join, reads ${table.name} whole${size}, and makes an automatic index that lasts for one execution.`,
    conditions: between,
  }
}

/** SQLite reads the table again for each row before it; nobody counts them. */
function scanOfSqlite(scan: Scan, { rows }: Options): Work | undefined {
  const { table, clauses, node, ancestors } = scan
  const between = conditionsBetween(clauses.conditions.flatMap(conjunctsOf), scan)
  const size = table.catalog?.rows
  const outer = ancestors.at(-1)?.children[0]
  const isWhole = node.op === 'seq-scan' || node.op === 'index-full-scan'
  if (!isWhole || between.length === 0 || size === undefined || size < 1_000 || outer === node) return undefined
  return {
    title: `${table.name} is read whole for each row before it: ${rowsOf(size)} each time`,
    explanation: `The join has nothing to find the rows of ${table.name} by for \`${shownCondition(between[0] as Condition)}\`: it reads the table again for each row of the one before it. From ${count(Math.ceil(rows / size))} rows on, that is more than ${count(rows)} rows.`,
    conditions: between,
  }
}

function adviceFor({ table }: Scan, columns: readonly string[], conditions: readonly Condition[]): string {
  if (columns.length > 0) {
    return `Index ${table.name} (${columns.join(', ')}), so that the join looks its rows up.`
  }
  const alternatives = conditions.find(({ kind }) => kind === 'or')
  if (alternatives !== undefined) {
    return `Write the join as a UNION of one join per alternative, each with an index on its column of ${table.name}.`
  }
  return `Give the join an equality that it can look up or hash, such as a bucket of the range, or an index on the columns of ${table.name} that it compares.`
}
