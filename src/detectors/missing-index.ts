import type { VerifiedIndex } from '../model/plan.ts'
import { tableText } from './index-ddl.ts'
import { proposeIndex } from './index-proposal.ts'
import { isOnlyTable, searchColumnsOf, type TopRows, topRowsOf } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost, isUnderestimated } from './plan-floor.ts'
import { earlyEnd, isFullScan, type Scan } from './plan-scan.ts'
import { isLikelySelective, isSlowOnSqlite, isTrusted } from './plan-trust.ts'
import { basisWords, count, evidenceOf, list, loopWords, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnScans, distinctClaims } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly costRatio: number
  readonly costSaved: number
  readonly discardRatio: number
  readonly discardedRows: number
}

/** A table is read whole, or nearly so, for a few of its rows, and no index serves the condition or the order. */
export const missingIndex = definePlanDetector({
  kind: 'missing-index',
  summary: 'A table is read whole for a few of its rows, and no index serves the condition or the order.',
  defaults: {
    /** Cost of the plan without the index, in times of that with it. 2: estimates are no better than that. */
    costRatio: 2,
    /** Cost that the index saves, in units of PostgreSQL and MySQL. 100: about as many pages. */
    costSaved: 100,
    /** Rows thrown away for each that is kept. 10: below, reading all is often the best plan. */
    discardRatio: 10,
    /** Rows thrown away, at least. 1000: less takes less than a millisecond. */
    discardedRows: 1_000,
  },
  judge(subject, options) {
    return strongestPerTable(claimsOnScans(subject, (scan) => judgeScan(subject, scan, options)))
  },
})

/** One per table: the verified before the others, and the first of these. */
function strongestPerTable(claims: readonly PlanClaim[]): PlanClaim[] {
  const strength = ({ confidence }: PlanClaim): number => ['proven', 'likely', 'candidate'].indexOf(confidence)
  return distinctClaims([...claims].sort((a, b) => strength(a) - strength(b)))
}

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const verified = isFullScan(scan) ? verifiedFor(subject, scan, ['filter', 'order', 'join']) : undefined
  if (!isFullScan(scan) || isUnderestimated(scan)) return []
  if (verified !== undefined) return judgeVerified(scan, verified, options)
  // it was tried, and no index was any good
  const wasTried = subject.verifiedBy !== undefined && subject.verifiedBy !== 'none'
  return wasTried ? [] : judgeByPlan(subject, scan, options)
}

function judgeVerified(scan: Scan, verified: VerifiedIndex, { costRatio, costSaved }: Options): PlanClaim[] {
  const { costBefore, costAfter } = verified
  const isBetter = costBefore >= costRatio * costAfter
  const isWorthIt = scan.plan.engine === 'sqlite' || costBefore - costAfter >= costSaved
  if (!isBetter || !isWorthIt || !isTrusted(scan)) return []
  return [claimOf(scan, verified.columns, [verified.ddl], verified, topRowsOf(scan))]
}

function judgeByPlan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  if (!isTrusted(scan) && !isSlowOnSqlite(subject, scan)) return []
  const proposal = proposeIndex(scan)
  if (proposal === undefined || !isWasteful(scan, proposal.top, options)) return []
  const end = proposal.top === undefined ? earlyEnd(scan) : 'none'
  if (end === 'soon') return []
  const claim = claimOf(scan, proposal.columns, [proposal.ddl], undefined, proposal.top)
  return [end === 'unknown' ? { ...claim, confidence: 'candidate' } : claim]
}

function isWasteful(scan: Scan, top: TopRows | undefined, options: Options): boolean {
  const { discardRatio: ratio, discardedRows } = options
  const { read = 0 } = scan
  if (top !== undefined && read >= discardedRows && read >= ratio * (top.count ?? 1)) return true
  return discardsMost(scan, { ratio, rows: discardedRows }) || isLikelySelective(scan, ratio, discardedRows)
}

function claimOf(
  scan: Scan,
  columns: readonly string[],
  ddl: readonly string[],
  verified: VerifiedIndex | undefined,
  top: TopRows | undefined,
): PlanClaim {
  const { plan, node, table, read, basis } = scan
  const named = columns.join(', ')
  const isProven = verified !== undefined || basis === 'actual'
  const where = tableText(table, plan.engine)
  return {
    plan,
    node,
    confidence: isProven ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    title: `${table.name} is read whole for ${list(columns)}${outcome(scan, top)}`,
    explanation: paragraph([
      readWords(scan, top),
      `No index of ${table.name} leads with ${columns.length === 1 ? 'it' : 'these columns'}.`,
      read === undefined ? '' : basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: { summary: `Create an index on ${where} (${named}): ${whyOrder(scan, columns, top)}.`, ddl },
    table: table.name,
    columns,
    ...(verified === undefined ? {} : { verified }),
  }
}

function outcome(scan: Scan, top: TopRows | undefined): string {
  const { read, kept } = scan
  if (read === undefined) return ''
  if (top?.count !== undefined) return `: ${rows(read)} for the first ${count(top.count)}`
  return hasKnownRows(scan) && kept !== undefined ? `: ${rows(read)} for ${count(kept)}` : `: ${rows(read)}`
}

/** MySQL, MariaDB and SQLite guess what a condition without an index leaves. */
function hasKnownRows({ basis, plan }: Scan): boolean {
  return basis !== 'plan' || plan.engine === 'postgres'
}

function readWords(scan: Scan, top: TopRows | undefined): string {
  const { read, kept, table } = scan
  if (read === undefined) return `Every execution reads all of ${table.name}.`
  const all = `Every execution reads ${rows(read)} of ${table.name}${loopWords(scan)}`
  if (top?.count !== undefined) return `${all}, sorts them, and keeps the first ${count(top.count)}.`
  if (!hasKnownRows(scan) || kept === undefined) return `${all} to find those that meet its condition.`
  return `${all} and throws ${count(Math.max(0, read - kept))} of them away.`
}

function whyOrder(scan: Scan, columns: readonly string[], top: TopRows | undefined): string {
  if (columns.length === 1) return top === undefined ? 'it finds these rows alone' : 'it gives the rows in that order'
  if (top !== undefined) return 'it finds the rows and gives them in order'
  const hasRange = searchColumnsOf(scan).some(({ by, name }) => by === 'range' && columns.includes(name))
  return hasRange
    ? 'what must be equal first, the range last'
    : `it finds these rows${isOnlyTable(scan) ? ' alone' : ''}`
}
