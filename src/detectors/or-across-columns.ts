import { type Condition, comparisonsOf, conjunctsOf } from '../sql/condition.ts'
import { createIndex } from './index-ddl.ts'
import { isSearchable, searchColumnsOf } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost, isUnderestimated } from './plan-floor.ts'
import type { Scan } from './plan-scan.ts'
import { indexLedBy, isSame } from './plan-tables.ts'
import { isSlowOnSqlite, isTrusted } from './plan-trust.ts'
import { basisWords, count, evidenceOf, list, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnFullScans, distinctClaims } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly discardedRows: number
}

/** Either of two columns may match, and a table is read whole because not both can be searched. */
export const orAcrossColumns = definePlanDetector({
  kind: 'or-across-columns',
  summary: 'Either of several columns may match, and a table is read whole because not all of them can be searched.',
  defaults: {
    /** Rows thrown away for each that is kept. 10: below, reading all is often the best plan. */
    discardRatio: 10,
    /** Rows thrown away, at least. 1000: less takes less than a millisecond. */
    discardedRows: 1_000,
  },
  judge(subject, options) {
    return distinctClaims(claimsOnFullScans(subject, (scan) => judgeScan(subject, scan, options)))
  },
})

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const columns = scan.conditions.map((condition) => alternativesOf(scan, condition)).find(({ length }) => length > 1)
  // where another condition could be searched, the alternatives are not what is in the way
  if (columns === undefined || searchColumnsOf(scan).some(({ by }) => by === 'equality')) return []
  if (!isTrusted(scan) && !isSlowOnSqlite(subject, scan)) return []
  if (isUnderestimated(scan) || !isWasteful(scan, options)) return []
  return [claimOf(subject, scan, columns)]
}

/** One column of each alternative, where all could be searched, and by different columns. */
function alternativesOf(scan: Scan, condition: Condition): string[] {
  if (condition.kind !== 'or') return []
  const columns = condition.parts.map((part) => searchableIn(scan, part))
  if (columns.some((column) => column === undefined)) return []
  return columns
    .filter((column) => column !== undefined)
    .filter((column, at, all) => all.findIndex((one) => isSame(one, column)) === at)
}

/** Of several, one that has an index. */
function searchableIn(scan: Scan, part: Condition): string | undefined {
  const usable = conjunctsOf(part)
    .filter((conjunct) => conjunct.kind === 'comparison')
    .flatMap(comparisonsOf)
    .filter((comparison) => isSearchable(comparison, scan))
    .map(({ left }) => left.column?.name ?? '')
  return usable.find((column) => indexLedBy(scan.table, [column]) !== undefined) ?? usable[0]
}

/** MySQL, MariaDB and SQLite only guess; each alternative names its value, so few rows are expected. */
function isWasteful(scan: Scan, { discardRatio: ratio, discardedRows }: Options): boolean {
  if (discardsMost(scan, { ratio, rows: discardedRows })) return true
  if (scan.basis !== 'plan' || scan.plan.engine === 'postgres') return false
  const equal = scan.conditions.flatMap((condition) =>
    condition.kind === 'or' ? comparisonsOf(condition).map(({ operator }) => operator) : [],
  )
  const isEqual = equal.length > 0 && equal.every((operator) => /^(=|<=>|in|is null)$/.test(operator))
  return isEqual && Math.max(scan.read ?? 0, scan.table.catalog?.rows ?? 0) >= discardedRows
}

function claimOf(subject: PlanSubject, scan: Scan, columns: readonly string[]): PlanClaim {
  const { plan, node, table, basis, kept, read = table.catalog?.rows } = scan
  const missing = columns.filter((column) => indexLedBy(table, [column]) === undefined)
  const found = verifiedFor(subject, scan, ['filter'])
  const verified = found !== undefined && columns.some((column) => isSame(column, found.columns[0])) ? found : undefined
  const isKnown = basis !== 'plan' || plan.engine === 'postgres'
  const gives = isKnown && kept !== undefined ? ` for ${count(kept)}` : ''
  const rest = missing.filter((column) => !isSame(column, verified?.columns[0]))
  const ddl = [
    ...(verified === undefined ? [] : [verified.ddl]),
    ...rest.map((column) => createIndex(table, [{ column }], plan.engine)),
  ]
  return {
    plan,
    node,
    confidence: verified !== undefined || basis === 'actual' ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    title: `${table.name} is read whole for ${columns.join(' or ')}${read === undefined ? '' : `: ${rows(read)}${gives}`}`,
    explanation: paragraph([
      `A row may match by ${list(columns).replace(/ and /, ' or by ')}, so one index cannot find them all, and every execution reads ${read === undefined ? 'all rows' : rows(read)} of ${table.name}.`,
      missing.length === 0
        ? 'Each column has an index, but they are not used together.'
        : `${list(missing)} ${missing.length === 1 ? 'has' : 'have'} no index.`,
      basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: {
      summary:
        missing.length === 0
          ? 'Write it as one statement per column, put together with UNION, so that each can search its own index.'
          : `Create an index on each of ${list(columns)} that has none, so that the results of both searches are put together; or write it as a UNION of one statement per column.`,
      ...(ddl.length === 0 ? {} : { ddl }),
    },
    table: table.name,
    columns,
    ...(verified === undefined ? {} : { verified }),
  }
}
