import { dialectOf } from '../model/engine-dialect.ts'
import type { Condition } from '../sql/condition.ts'
import { quoteName } from '../sql/quote-name.ts'
import { equalityColumns } from './equality-columns.ts'
import { affectedBy, type EstimateError, estimateErrorOf } from './estimate-error.ts'
import { createIndex, tableText } from './index-ddl.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, shareOf } from './plan-detector.ts'
import { type Scan, scansOf } from './plan-scan.ts'
import { statisticsOf } from './plan-tables.ts'
import { count, engineName, list, rows as rowsOf } from './plan-words.ts'
import { shownCondition } from './shown-condition.ts'

/** A number of rows that the planner got wrong, and built a join or a sort on. */
export const misEstimate = definePlanDetector({
  kind: 'mis-estimate',
  summary: 'A number of rows that the planner got wrong, where a join or a sort was built on it.',
  defaults: {
    /** Times too many or too few. 10, as pev2, pgexplain and online_advisor have it: plans bear less. */
    factor: 10,
    /** Rows, expected or actual, from which it counts; of few, ten times more are still few. */
    rows: 1_000,
  },
  judge(subject, options) {
    return overPlans(subject, (of) =>
      isTrivial(of.plan) ? [] : scansOf(subject, of).flatMap((scan) => claimOf(scan, options) ?? []),
    )
  },
})

function claimOf(scan: Scan, least: { readonly factor: number; readonly rows: number }): PlanClaim | undefined {
  const error = estimateErrorOf(scan)
  // what was not counted since cannot be known: stale-statistics says so
  if (error === undefined || error.factor < least.factor || statisticsOf(scan.table) !== 'sound') return undefined
  if (Math.max(error.expected, error.actual) * error.runs < least.rows) return undefined
  const affected = affectedBy(scan, error)
  if (affected === undefined) return undefined
  const { plan, node, table } = scan
  const conditions = [...scan.conditions, ...scan.indexConditions].filter(isOnValue)
  const columns = equalityColumns(scan, conditions)
  const cure = cureFor(scan, columns, conditions)
  const per = error.runs > 1 ? ' per run' : ''
  const condition = conditions.length === 0 ? '' : ` for \`${conditions.map(shownCondition).join(' AND ')}\``
  return {
    plan,
    node,
    confidence: 'proven',
    evidence: 'actual',
    title: `${table.name}: ${rowsOf(error.expected)} expected, ${count(error.actual)} read${per}`,
    explanation: `The planner expected ${rowsOf(error.expected)} of ${table.name}${condition}, and there were ${count(error.actual)}${per}: ${count(error.factor)} times ${error.isUnder ? 'more' : 'fewer'}. ${consequence(affected.nodeType, error)}${cure.reason} It was executed; the statistics of the table are up to date, as far as is known.`,
    advice: { summary: cure.summary, ...(cure.ddl === undefined ? {} : { ddl: cure.ddl }) },
    table: table.name,
    ...(columns.length === 0 ? {} : { columns }),
    share: shareOf(plan, affected),
  }
}

/** Compared with a value, not with another table. */
function isOnValue(condition: Condition): boolean {
  return condition.kind !== 'comparison' || condition.right.every(({ columns }) => columns.length === 0)
}

function consequence(nodeType: string, { isUnder }: EstimateError): string {
  const chosen = isUnder ? 'was chosen, and given room, for few' : 'was chosen for many'
  return `The ${nodeType} above it ${chosen}.`
}

interface Cure {
  readonly reason: string
  readonly summary: string
  readonly ddl?: readonly string[]
}

function cureFor(scan: Scan, columns: readonly string[], conditions: readonly Condition[]): Cure {
  const { plan, table } = scan
  const several = columns.length >= 2
  const reason = several
    ? ` Each of ${list(columns)} was counted as if it did not depend on the others.`
    : columns[0] === undefined
      ? ' It has no statistics of such an expression.'
      : ` What it knows of ${columns[0]} does not fit.`
  if (plan.engine === 'postgres') return { reason, ...postgresCure(scan, columns, conditions) }
  if (plan.engine === 'sqlite') return { reason, summary: `Run ANALYZE, and index what is compared: ${list(columns)}.` }
  if (several) {
    return {
      reason,
      summary: `Index ${table.name} (${columns.join(', ')}): ${engineName(plan)} counts the rows in it while it plans, and reads only them.`,
      ddl: [
        createIndex(
          table,
          columns.map((column) => ({ column })),
          plan.engine,
        ),
      ],
    }
  }
  const [column] = columns
  if (column === undefined) return { reason, summary: 'Compare a column with the value, so that its statistics count.' }
  const [named, name] = [tableText(table, plan.engine), quoteName(column, dialectOf[plan.engine])]
  const ddl =
    plan.engine === 'mysql'
      ? `ANALYZE TABLE ${named} UPDATE HISTOGRAM ON ${name}`
      : `ANALYZE TABLE ${named} PERSISTENT FOR COLUMNS (${name}) INDEXES ()`
  return {
    reason,
    summary: `Make a histogram of ${table.name}.${column}, so that the planner knows its values.`,
    ddl: [ddl],
  }
}

/**
 * Only `dependencies`: with `mcv` beside it, its list of the most common combinations wins where it does not hold the
 * one that is asked for, and the estimate stays as it was; measured on PostgreSQL 18.
 */
function postgresCure(
  { table }: Scan,
  columns: readonly string[],
  conditions: readonly Condition[],
): Omit<Cure, 'reason'> {
  const named = tableText(table, 'postgres')
  const analyze = `ANALYZE ${named}`
  if (columns.length >= 2) {
    const statistics = quoteName(`${table.name}_${columns.join('_')}_stats`.slice(0, 63), 'postgresql')
    const on = columns.map((column) => quoteName(column, 'postgresql')).join(', ')
    return {
      summary: `Let the planner know that ${list(columns)} depend on each other: CREATE STATISTICS with dependencies alone, then ANALYZE.`,
      ddl: [`CREATE STATISTICS ${statistics} (dependencies) ON ${on} FROM ${named}`, analyze],
    }
  }
  const [column] = columns
  if (column !== undefined) {
    const ddl = `ALTER TABLE ${named} ALTER COLUMN ${quoteName(column, 'postgresql')} SET STATISTICS 1000`
    return { summary: `Keep more statistics of ${table.name}.${column}, then ANALYZE.`, ddl: [ddl, analyze] }
  }
  const expression = conditions.flatMap((each) => (each.kind === 'comparison' ? [each.left] : []))[0]
  if (expression === undefined)
    return { summary: `Run ANALYZE ${named} with a larger statistics target.`, ddl: [analyze] }
  return {
    summary: `The planner knows nothing of \`${shownCondition(expression)}\`: make statistics of that expression (CREATE STATISTICS … ON (…) FROM ${named}) or an index on it, then ANALYZE.`,
  }
}
