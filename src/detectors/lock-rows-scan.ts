import { type IndexProposal, proposeIndex } from './index-proposal.ts'
import { isLocking } from './locking.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { discardsMost, isUnderestimated } from './plan-floor.ts'
import type { Scan } from './plan-scan.ts'
import { isLikelySelective, isTrusted } from './plan-trust.ts'
import { basisWords, count, evidenceOf, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnFullScans } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly readRows: number
}

/** A locking read goes through a whole table for the few rows that it locks. */
export const lockRowsScan = definePlanDetector({
  kind: 'lock-rows-scan',
  summary: 'A locking read goes through a whole table for the few rows that it locks.',
  defaults: {
    /** Rows read for each that is wanted. 10: below, reading all is often the best plan. */
    discardRatio: 10,
    /** Rows read, at least. 1000: less takes less than a millisecond. */
    readRows: 1_000,
  },
  judge(subject, options) {
    if (!isLocking(subject.shape)) return []
    const claims = claimsOnFullScans(subject, (scan) => (isLocked(scan) ? judgeScan(subject, scan, options) : []))
    return claims.slice(0, 1)
  },
})

/** PostgreSQL has a node for it; the others lock what they read. */
function isLocked({ ancestors, plan }: Scan): boolean {
  return plan.engine !== 'postgres' || ancestors.some(({ op }) => op === 'lock-rows')
}

function judgeScan(subject: PlanSubject, scan: Scan, { discardRatio: ratio, readRows }: Options): PlanClaim[] {
  const proposal = proposeIndex(scan)
  const verified = verifiedFor(subject, scan, ['filter', 'order'])
  if ((proposal === undefined && verified === undefined) || isUnderestimated(scan) || !isTrusted(scan)) return []
  const { read = 0 } = scan
  const isTop = proposal?.top !== undefined && read >= readRows && read >= ratio * (proposal.top.count ?? 1)
  const isWasteful = discardsMost(scan, { ratio, rows: readRows }) || isLikelySelective(scan, ratio, readRows)
  return isTop || isWasteful ? [claimOf(subject, scan, verified, proposal)] : []
}

function claimOf(
  { text }: PlanSubject,
  scan: Scan,
  verified: ReturnType<typeof verifiedFor>,
  proposal: IndexProposal | undefined,
): PlanClaim {
  const { plan, node, table, basis, kept, read = table.catalog?.rows } = scan
  const columns = verified?.columns ?? proposal?.columns ?? []
  const ddl = verified?.ddl ?? proposal?.ddl
  const size = read === undefined ? 'all rows' : `all ${rows(read)}`
  const locksAll = plan.engine !== 'postgres'
  const wanted = proposal?.top?.count ?? (basis === 'plan' && locksAll ? undefined : kept)
  const isQueue = proposal?.top !== undefined && !/skip\s+locked/i.test(text)
  const summary = `Create an index on ${table.name} (${columns.join(', ')})`
  return {
    plan,
    node,
    confidence: verified !== undefined || basis === 'actual' ? 'proven' : 'likely',
    evidence: evidenceOf(scan, verified),
    ...(locksAll ? { severity: 'error' as const } : {}),
    title: `${size} of ${table.name} ${locksAll ? 'are read and locked' : 'are read'} to lock ${wanted === undefined ? 'a few' : count(wanted)}`,
    explanation: paragraph([
      `The locking read goes through ${size} of ${table.name}${wanted === undefined ? '' : ` for ${rows(wanted)}`}.`,
      locksAll
        ? 'InnoDB locks each row that it reads until the transaction ends, so that others wait for rows that nobody wanted.'
        : 'While it reads and sorts, others take the same rows, and then it waits for them.',
      basisWords(scan),
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: {
      summary: isQueue ? `${summary}, and take rows with SKIP LOCKED where they are a queue.` : `${summary}.`,
      ...(ddl === undefined ? {} : { ddl: [ddl] }),
    },
    table: table.name,
    columns,
    ...(verified === undefined ? {} : { verified }),
  }
}
