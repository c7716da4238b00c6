import type { CatalogIndex, VerifiedIndex } from '../model/plan.ts'
import { createColumnIndex } from './index-ddl.ts'
import { type SearchColumn, searchColumnsOf } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isUnderestimated } from './plan-floor.ts'
import type { Scan } from './plan-scan.ts'
import { indexLedBy, indexOf, isSame } from './plan-tables.ts'
import { isTrusted } from './plan-trust.ts'
import { count, list, paragraph, rows, triedWords } from './plan-words.ts'
import { claimsOnScans } from './scan-claims.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly costRatio: number
  readonly entries: number
}

/** An index has the columns of the condition, but in an order in which it cannot be searched by all of them. */
export const indexColumnOrder = definePlanDetector({
  kind: 'index-column-order',
  summary: 'An index has the columns of the condition, but in an order in which it cannot be searched by all of them.',
  defaults: {
    /** Cost of the plan, in times of that with the columns in order, where it was tried. 5: a second index has its price. */
    costRatio: 5,
    /** Entries of the index, at least, where nothing was tried. 1000: fewer are soon read. */
    entries: 1_000,
  },
  judge(subject, options) {
    return claimsOnScans(subject, (scan) => judgeScan(subject, scan, options)).slice(0, 1)
  },
})

function judgeScan(subject: PlanSubject, scan: Scan, { costRatio, entries }: Options): PlanClaim[] {
  const index = indexOf(scan.table, scan.node.index ?? scan.node.children.find((child) => child.index)?.index)
  if (index === undefined || isUnderestimated(scan) || !isTrusted(scan)) return []
  const searched = searchColumnsOf(scan, [...scan.indexConditions, ...scan.conditions])
  const inIndex = searched.filter(({ name }) => index.columns.some((column) => isSame(column, name)))
  const reason = misplaced(index, inIndex)
  if (reason === undefined) return []
  const equal = inIndex.filter(({ by }) => by === 'equality')
  const range = inIndex.find(({ by }) => by === 'range')
  const columns = [...equal, ...(range === undefined ? [] : [range])].map(({ name }) => name)
  if (indexLedBy(scan.table, columns, false) !== undefined && isServed(scan, columns)) return []
  const verified = verifiedOrder(subject, scan, columns)
  if (verified !== undefined && verified.costBefore < costRatio * verified.costAfter) return []
  if (verified === undefined && !isLarge(subject, scan, entries)) return []
  return [claimOf(scan, index, columns, reason, verified)]
}

/** Why the index cannot be searched by all its columns that the condition names. */
function misplaced(index: CatalogIndex, searched: readonly SearchColumn[]): string | undefined {
  const by = (column: string | undefined): SearchColumn['by'] | undefined =>
    searched.find(({ name }) => isSame(name, column))?.by
  const firstEqual = index.columns.findIndex((column) => by(column) === 'equality')
  const blocking = index.columns.slice(0, Math.max(0, firstEqual)).find((column) => by(column) !== 'equality')
  const afterwards = index.columns.findIndex(
    (column, at) => by(column) === 'equality' && index.columns.slice(0, at).some((one) => by(one) !== 'equality'),
  )
  const late = index.columns[afterwards]
  if (late === undefined) return undefined
  const before = blocking ?? index.columns.slice(0, afterwards).find((column) => by(column) !== 'equality')
  return by(before) === 'range'
    ? `${before}, which is a range, stands before ${late}, which must be equal`
    : `${before}, which the condition does not name, stands before ${late}`
}

/** There is one already that begins with these columns in a useful order. */
function isServed(scan: Scan, columns: readonly string[]): boolean {
  return indexLedBy(scan.table, columns) !== undefined
}

function verifiedOrder(subject: PlanSubject, scan: Scan, columns: readonly string[]): VerifiedIndex | undefined {
  const verified = verifiedFor(subject, scan, ['filter', 'order', 'join'])
  return verified !== undefined && columns.every((column) => verified.columns.some((one) => isSame(one, column)))
    ? verified
    : undefined
}

/** Without a trial: a large index, of which a small part is wanted. */
function isLarge({ verifiedBy }: PlanSubject, { table, kept, read }: Scan, entries: number): boolean {
  const size = table.catalog?.rows ?? read ?? 0
  return (
    (verifiedBy === undefined || verifiedBy === 'none') && size >= entries && kept !== undefined && kept * 10 <= size
  )
}

function claimOf(
  scan: Scan,
  index: CatalogIndex,
  columns: readonly string[],
  reason: string,
  verified: VerifiedIndex | undefined,
): PlanClaim {
  const { plan, node, table, kept } = scan
  const total = table.catalog?.rows
  return {
    plan,
    node,
    confidence: verified === undefined ? 'candidate' : 'proven',
    evidence: verified === undefined ? 'plan' : 'verified',
    title: `${index.name} of ${table.name} has its columns in the wrong order for ${list(columns)}`,
    explanation: paragraph([
      `In ${index.name} (${index.columns.join(', ')}), ${reason}: its entries that match do not stand side by side, and more of them are read than are wanted.`,
      total === undefined || kept === undefined ? '' : `Of ${rows(total)}, ${count(kept)} are wanted.`,
      verified === undefined ? 'By the plan and the catalog; no index was tried.' : triedWords(verified),
    ]),
    advice: {
      summary: `Create an index on ${table.name} (${columns.join(', ')}), and drop ${index.name} where nothing else needs it.`,
      ddl: [verified?.ddl ?? createColumnIndex(table, columns, plan.engine)],
    },
    table: table.name,
    columns: verified?.columns ?? columns,
    index: index.name,
    ...(verified === undefined ? {} : { verified }),
  }
}
