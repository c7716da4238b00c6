import type { CatalogIndex, VerifiedIndex } from '../model/plan.ts'
import { createIndex } from './index-ddl.ts'
import { searchColumnsOf, type TopRows, topRowsOf } from './plan-columns.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isTooSmall } from './plan-floor.ts'
import { type Scan, scansOf } from './plan-scan.ts'
import { indexOf, isSame, statisticsOf } from './plan-tables.ts'
import { basisWords, count, list, paragraph, rows, triedWords } from './plan-words.ts'
import { verifiedFor } from './verified-index.ts'

interface Options {
  readonly discardRatio: number
  readonly suspectRatio: number
  readonly readRows: number
}

/** What the planner is expected to read until it has the rows that the LIMIT wants. */
interface Walk {
  readonly read: number
  readonly wanted: number
}

/** The index of ORDER BY is walked until the LIMIT is full, and the condition throws most of its rows away. */
export const wrongIndexOrderLimit = definePlanDetector({
  kind: 'wrong-index-order-limit',
  summary: 'The index of ORDER BY is walked until the LIMIT is full, and the condition throws most of its rows away.',
  defaults: {
    /** Rows thrown away for each that the LIMIT lets through, in an execution. 100: fewer are soon read. */
    discardRatio: 100,
    /** The same by the estimate alone, for a suspicion. 50: the planner thinks that rows are spread evenly. */
    suspectRatio: 50,
    /** Rows read, at least. 1000: less takes less than a millisecond. */
    readRows: 1_000,
  },
  judge(subject, options) {
    const claims = subject.plans.flatMap((of) =>
      scansOf(subject, of)
        // MySQL takes the LIMIT off the cost of the walk, so that only rows tell how small it is
        .filter((scan) => scan.basis !== 'actual' || !isTooSmall(scan, subject))
        .flatMap((scan) => judgeScan(subject, scan, options)),
    )
    const actual = claims.filter(({ confidence }) => confidence === 'proven')
    return (actual.length > 0 ? actual : claims).slice(0, 1)
  },
})

function judgeScan(subject: PlanSubject, scan: Scan, options: Options): PlanClaim[] {
  const top = topRowsOf(scan)
  const isSorted = scan.ancestors.some(({ op }) => op === 'sort')
  if (top === undefined || isSorted || scan.node.index === undefined || scan.conditions.length === 0) return []
  const index = indexOf(scan.table, scan.node.index)
  const equal = searchColumnsOf(scan).filter(({ by }) => by === 'equality')
  if (equal.length === 0 || !walksInOrder(scan, index, top)) return []
  const walk = walkOf(scan, top)
  const isActual = scan.basis === 'actual'
  const ratio = isActual ? options.discardRatio : options.suspectRatio
  const isWasteful =
    walk !== undefined && walk.read >= options.readRows && walk.read - walk.wanted >= ratio * Math.max(1, walk.wanted)
  const verified = betterIndex(subject, scan, equal[0]?.name ?? '')
  if (!isWasteful || (!isActual && statisticsOf(scan.table) !== 'sound')) return []
  return [claimOf(scan, index, top, walk, verified)]
}

/** The index is walked for its order, and not searched for anything that the order does not follow. */
function walksInOrder(scan: Scan, index: CatalogIndex | undefined, { keys }: TopRows): boolean {
  const [lead] = keys
  if (lead === undefined) return false
  if (index === undefined) return scan.indexConditions.length === 0
  const searched = searchColumnsOf(scan, scan.indexConditions).filter(({ by }) => by === 'equality')
  const rest = index.columns.filter((column) => !searched.some(({ name }) => isSame(name, column)))
  return isSame(rest[0], lead.column.name)
}

/** By the rows of an execution, else by how many of the table would meet the condition if they were spread evenly. */
function walkOf(scan: Scan, { count: wanted }: TopRows): Walk | undefined {
  const { basis, read, kept, node, table, plan } = scan
  if (basis === 'actual') return read === undefined || kept === undefined ? undefined : { read, wanted: kept }
  const total = table.catalog?.rows
  if (total === undefined || wanted === undefined) return undefined
  const matching = plan.engine === 'postgres' ? node.planRows : matchingRows(scan, total)
  if (matching === undefined) return undefined
  return { read: Math.min(total, (wanted * total) / Math.max(1, matching)), wanted: Math.min(wanted, matching) }
}

/** By the distinct values of the columns, where the engine only guesses. */
function matchingRows(scan: Scan, total: number): number | undefined {
  const distinct = searchColumnsOf(scan).flatMap((column) => column.distinct ?? [])
  return distinct.length === 0 ? undefined : total / Math.max(...distinct)
}

/** An index that was tried, and that begins with what must be equal. */
function betterIndex(subject: PlanSubject, scan: Scan, equal: string): VerifiedIndex | undefined {
  const verified = verifiedFor(subject, scan, ['filter', 'order'])
  return verified !== undefined && isSame(verified.columns[0], equal) ? verified : undefined
}

function claimOf(
  scan: Scan,
  index: CatalogIndex | undefined,
  { keys }: TopRows,
  walk: Walk,
  verified: VerifiedIndex | undefined,
): PlanClaim {
  const { plan, node, table, basis } = scan
  const isActual = basis === 'actual'
  const isMixed = new Set(keys.map(({ direction }) => direction)).size > 1
  const equal = searchColumnsOf(scan).filter(({ by }) => by === 'equality')
  const rest = keys.filter(({ column }) => !equal.some(({ name }) => isSame(name, column.name)))
  const parts = [
    ...equal.map(({ name }) => ({ column: name })),
    ...rest.map(({ column, direction }) => ({ column: column.name, isDescending: isMixed && direction === 'desc' })),
  ]
  const columns = verified?.columns ?? parts.map(({ column }) => column)
  const name = index?.name ?? node.index ?? ''
  const filters = list(equal.map(({ name }) => name))
  const discarded = Math.max(0, walk.read - walk.wanted)
  return {
    plan,
    node,
    confidence: isActual ? 'proven' : verified === undefined ? 'candidate' : 'likely',
    evidence: isActual ? 'actual' : verified === undefined ? 'plan' : 'verified',
    title: `${name} is walked for its order: ${rows(walk.read)} of ${table.name} read for ${count(walk.wanted)}`,
    explanation: paragraph([
      isActual
        ? `To have the first rows by ${list(keys.map(({ text }) => text))}, ${name} is read in order, and ${count(discarded)} rows are thrown away because of ${filters}.`
        : `To have the first rows by ${list(keys.map(({ text }) => text))}, ${name} is read in order until enough rows meet the condition on ${filters}: about ${count(walk.read)} rows if they are spread evenly, and up to all of ${table.name} if they are not.`,
      basisWords(scan),
      isActual ? '' : 'Only an execution can prove it.',
      verified === undefined ? '' : triedWords(verified),
    ]),
    advice: {
      summary: `Create an index on ${table.name} (${columns.join(', ')}), which finds the rows of the condition in the order that is asked for.`,
      ddl: [verified?.ddl ?? createIndex(table, parts, plan.engine)],
    },
    table: table.name,
    columns,
    index: name,
    ...(verified === undefined ? {} : { verified }),
  }
}
