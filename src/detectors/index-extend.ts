import { dialectOf } from '../model/engine-dialect.ts'
import type { CatalogIndex, VerifiedIndex } from '../model/plan.ts'
import { quoteName } from '../sql/quote-name.ts'
import { createColumnIndex } from './index-ddl.ts'
import { searchColumnsOf } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost, isUnderestimated } from './plan-floor.ts'
import { isFullScan, type Scan } from './plan-scan.ts'
import { indexLedBy, indexOf, isSame } from './plan-tables.ts'
import { isTrusted } from './plan-trust.ts'
import { basisWords, count, evidenceOf, list, loopWords, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnScans, distinctClaims } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly discardedRows: number
  readonly costRatio: number
}

/** An index finds many rows, and most of them are thrown away by a condition on columns that it does not have. */
export const indexExtend = definePlanDetector({
  kind: 'index-extend',
  summary:
    'An index finds many rows, and most of them are thrown away by a condition on columns that it does not have.',
  defaults: {
    /** Rows thrown away for each that is kept. 10: below, the index does most of the work. */
    discardRatio: 10,
    /** Rows thrown away, at least. 1000: less takes less than a millisecond. */
    discardedRows: 1_000,
    /** Cost of the plan, in times of that with the longer index, where one was tried. 2: estimates are no better. */
    costRatio: 2,
  },
  judge(subject, options) {
    const claims = claimsOnScans(subject, (scan) =>
      isFullScan(scan) || scan.conditions.length === 0 ? [] : judgeScan(subject, scan, options),
    )
    return distinctClaims(claims)
  },
})

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const index = indexUsed(scan)
  if (index?.isUnique === true && isSearchedWhole(scan, index)) return []
  const searched = searchColumnsOf(scan, scan.indexConditions)
  const filtered = searchColumnsOf(scan).filter(({ name }) => !searched.some((one) => isSame(one.name, name)))
  const own = index?.columns ?? searched.map(({ name }) => name)
  const missing = filtered.filter(({ name }) => !own.some((column) => isSame(column, name)))
  if (searched.length === 0 || missing.length === 0 || isUnderestimated(scan) || !isTrusted(scan)) return []
  const columns = longerIndex([...searched, ...missing])
  const verified = verifiedLonger(subject, scan, own, options)
  if (!isWasteful(scan, options, verified)) return []
  if (verified === undefined && indexLedBy(scan.table, columns) !== undefined) return []
  return [
    claimOf(
      scan,
      index,
      verified?.columns ?? columns,
      missing.map(({ name }) => name),
      verified,
    ),
  ]
}

function indexUsed({ table, node }: Scan): CatalogIndex | undefined {
  const search = node.index === undefined ? node.children.find(({ index }) => index !== undefined) : node
  return indexOf(table, search?.index)
}

/** One row at most is found. */
function isSearchedWhole(scan: Scan, { columns }: CatalogIndex): boolean {
  const equal = searchColumnsOf(scan, scan.indexConditions).filter(({ by }) => by === 'equality')
  return columns.every((column) => equal.some(({ name }) => isSame(name, column)))
}

/** What must be equal first, and one range last: what follows a range is not searched. */
function longerIndex(columns: ReturnType<typeof searchColumnsOf>): string[] {
  const equal = columns.filter(({ by }) => by === 'equality')
  const range = columns.find(({ by }) => by === 'range')
  return [...equal, ...(range === undefined ? [] : [range])].map(({ name }) => name)
}

/** One that was tried, and that holds what the index in use is searched by. */
function verifiedLonger(
  subject: PlanSubject,
  scan: Scan,
  own: readonly string[],
  { costRatio }: Options,
): VerifiedIndex | undefined {
  const verified = verifiedFor(subject, scan, ['filter', 'order', 'join'])
  if (verified === undefined || verified.costBefore < costRatio * verified.costAfter) return undefined
  const [lead = ''] = own
  const isLonger = verified.columns.length > 1 && verified.columns.some((column) => isSame(column, lead))
  return isLonger ? verified : undefined
}

function isWasteful(scan: Scan, options: Options, verified: VerifiedIndex | undefined): boolean {
  const { discardRatio: ratio, discardedRows } = options
  const { basis, plan } = scan
  if (basis === 'actual' || basis === 'driver') return discardsMost(scan, { ratio, rows: discardedRows })
  if (verified !== undefined) return true
  // MySQL and MariaDB guess what a column without an index leaves, and SQLite prints no rows
  return plan.engine === 'postgres' && discardsMost(scan, { ratio, rows: discardedRows })
}

function claimOf(
  scan: Scan,
  index: CatalogIndex | undefined,
  columns: readonly string[],
  missing: readonly string[],
  verified: VerifiedIndex | undefined,
): PlanClaim {
  const { plan, node, table, read, kept, basis } = scan
  const name = index?.name ?? node.index ?? 'the index'
  const known = verified !== undefined && basis === 'plan' ? undefined : read
  const amount = known === undefined || kept === undefined ? '' : `: ${rows(known)} for ${count(kept)}`
  const replaced = verified?.replaces ?? replacedBy(index, columns)
  const drop =
    replaced === undefined
      ? ''
      : `, and drop ${quoteName(replaced, dialectOf[plan.engine])}, which it makes superfluous`
  return {
    plan,
    node,
    confidence: verified !== undefined || basis === 'actual' ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    title: `${name} of ${table.name} lacks ${list(missing)}${amount}`,
    explanation: paragraph([
      known === undefined || kept === undefined
        ? `${name} finds rows of ${table.name} that the condition on ${list(missing)} throws away.`
        : `Every execution reads ${rows(known)} of ${table.name} by ${name}${loopWords(scan)}, and throws ${count(Math.max(0, known - kept))} of them away because of ${list(missing)}.`,
      known === undefined ? '' : basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: {
      summary: `Create an index on ${table.name} (${columns.join(', ')})${drop}.`,
      ddl: [verified?.ddl ?? createColumnIndex(table, columns, plan.engine)],
    },
    table: table.name,
    columns,
    index: name,
    ...(verified === undefined ? {} : { verified }),
  }
}

/** The index in use, where the new one begins with its columns, and it has no rule to keep. */
function replacedBy(index: CatalogIndex | undefined, columns: readonly string[]): string | undefined {
  if (index === undefined || index.isUnique || index.isPrimary === true || index.predicate !== undefined)
    return undefined
  return index.columns.every((column, at) => isSame(column, columns[at])) ? index.name : undefined
}
