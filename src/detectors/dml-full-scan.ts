import { type IndexProposal, proposeIndex } from './index-proposal.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost, isUnderestimated } from './plan-floor.ts'
import type { Scan } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'
import { isLikelySelective, isTrusted } from './plan-trust.ts'
import { basisWords, count, evidenceOf, list, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnFullScans } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly discardedRows: number
}

/** An UPDATE or DELETE with a condition reads its whole table. */
export const dmlFullScan = definePlanDetector({
  kind: 'dml-full-scan',
  summary: 'An UPDATE or DELETE with a condition reads its whole table.',
  defaults: {
    /** Rows read for each that is changed. 10: below, reading all is often the best plan. */
    discardRatio: 10,
    /** Rows read and left alone, at least. 1000: less takes less than a millisecond. */
    discardedRows: 1_000,
  },
  judge(subject, options) {
    const { kind } = subject.shape
    if (kind !== 'update' && kind !== 'delete') return []
    const claims = claimsOnFullScans(subject, (scan) => (isTarget(scan) ? judgeScan(subject, scan, options) : []))
    return claims.slice(0, 1)
  },
})

/** The first table that such a statement names is the one that it changes. */
function isTarget({ table, clauses }: Scan): boolean {
  const [first] = clauses.sources
  return first === undefined || isSame(first.table, table.name) || isSame(first.alias, table.alias)
}

/** InnoDB locks the rows that it reads, and lets go of them only at the end. */
function locksWhatItReads({ plan }: Scan): boolean {
  return plan.engine === 'mysql' || plan.engine === 'mariadb'
}

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const { discardRatio: ratio, discardedRows } = options
  const verified = verifiedFor(subject, scan, ['filter', 'order'])
  const proposal = proposeIndex(scan)
  const wasTried = subject.verifiedBy !== undefined && subject.verifiedBy !== 'none'
  if (verified === undefined && (proposal === undefined || (wasTried && !locksWhatItReads(scan)))) return []
  if (isUnderestimated(scan) || !isTrusted(scan)) return []
  const isWasteful = discardsMost(scan, { ratio, rows: discardedRows }) || isLikelySelective(scan, ratio, discardedRows)
  if (!isWasteful && verified === undefined) return []
  return [claimOf(subject, scan, verified, proposal)]
}

function claimOf(
  subject: PlanSubject,
  scan: Scan,
  verified: ReturnType<typeof verifiedFor>,
  proposal: IndexProposal | undefined,
): PlanClaim {
  const { plan, node, table, basis, read = table.catalog?.rows } = scan
  const columns = verified?.columns ?? proposal?.columns ?? []
  const ddl = verified?.ddl ?? proposal?.ddl
  const verb = subject.shape.kind === 'delete' ? 'DELETE' : 'UPDATE'
  const size = read === undefined ? 'all rows' : `all ${rows(read)}`
  const isLocking = locksWhatItReads(scan)
  return {
    plan,
    node,
    confidence: verified !== undefined || basis === 'actual' ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    ...(isLocking ? { severity: 'error' as const } : {}),
    title: `${verb} reads ${isLocking ? 'and locks ' : ''}${size} of ${table.name} for ${list(columns)}`,
    explanation: paragraph([
      `The ${verb} goes through ${size} of ${table.name} to find ${changedWords(scan)}.`,
      isLocking
        ? 'InnoDB locks each row that it reads until the transaction ends, so that others wait for rows that are not even changed.'
        : '',
      basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: {
      summary: `Create an index on ${table.name} (${columns.join(', ')}), so that it reads only the rows that it changes.`,
      ...(ddl === undefined ? {} : { ddl: [ddl] }),
    },
    table: table.name,
    columns,
    ...(verified === undefined ? {} : { verified }),
  }
}

function changedWords({ kept, basis, plan }: Scan): string {
  const isKnown = kept !== undefined && (basis !== 'plan' || plan.engine === 'postgres')
  return isKnown ? `the ${count(kept)} that it changes` : 'those that meet its condition'
}
