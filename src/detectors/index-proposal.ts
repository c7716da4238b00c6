import { nodesOf } from '../model/plan.ts'
import { createIndex, type IndexPart } from './index-ddl.ts'
import { type SearchColumn, searchColumnsOf, type TopRows, topRowsOf } from './plan-columns.ts'
import type { Scan } from './plan-scan.ts'
import { indexLedBy, isSame } from './plan-tables.ts'

/** An index that a scan asks for, by its conditions and its order. Nobody has tried it. */
export interface IndexProposal {
  /** In order. */
  readonly columns: readonly string[]
  readonly ddl: string
  /** The order it gives, where only the first rows in it are wanted. */
  readonly top?: TopRows
}

/**
 * The index for a scan: the columns that must be equal, the most selective first; then those of the order, where only the
 * first rows in it are wanted, else one that is a range. Undefined where there is nothing to search by, or an index that
 * begins so exists: the planner knows it, and does not want it.
 */
export function proposeIndex(scan: Scan): IndexProposal | undefined {
  const columns = searchColumnsOf(scan)
  const equal = columns.filter(({ by }) => by === 'equality')
  const top = wantedFirst(scan, equal.length)
  const parts = top === undefined ? filterParts(columns) : orderedParts(equal, top)
  const names = parts.map(({ column }) => column ?? '')
  if (names.length === 0 || indexLedBy(scan.table, names) !== undefined) return undefined
  const ddl = createIndex(scan.table, parts, scan.plan.engine)
  return { columns: names, ddl, ...(top === undefined ? {} : { top }) }
}

/** First rows in an order that is sorted for: only where all conditions could be searched by the same index. */
function wantedFirst(scan: Scan, equal: number): TopRows | undefined {
  const top = topRowsOf(scan)
  const isSorted = nodesOf(scan.plan.root).some(({ op, notes }) => op === 'sort' || notes?.some(isSortNote) === true)
  return top === undefined || !isSorted || scan.conditions.length > equal ? undefined : top
}

function isSortNote(note: string): boolean {
  return /filesort|order by/i.test(note)
}

function filterParts(columns: readonly SearchColumn[]): IndexPart[] {
  const range = columns.find(({ by }) => by === 'range')
  const equal = columns.filter(({ by }) => by === 'equality')
  return [...equal, ...(range === undefined ? [] : [range])].map(({ name }) => ({ column: name }))
}

/** Descending only where the directions differ: an index is read backwards as well. */
function orderedParts(equal: readonly SearchColumn[], { keys }: TopRows): IndexPart[] {
  const isMixed = new Set(keys.map(({ direction }) => direction)).size > 1
  const rest = keys.filter(({ column }) => !equal.some(({ name }) => isSame(name, column.name)))
  return [
    ...equal.map(({ name }) => ({ column: name })),
    ...rest.map(({ column, direction }) => ({ column: column.name, isDescending: isMixed && direction === 'desc' })),
  ]
}
