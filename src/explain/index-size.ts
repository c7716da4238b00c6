import type { RelationStatistics } from './database-statistics.ts'
import type { IndexCandidate } from './index-candidate.ts'

const PAGE_BYTES = 8192
/** Header of a tuple and its place in the page's list. */
const TUPLE_BYTES = 12
const FILL = 0.9
/** Of an expression, or of a column without statistics. */
const UNKNOWN_WIDTH = 16
/** A trigram index holds a place of two bytes, about, for each character. */
const BYTES_PER_CHARACTER = 2

/**
 * Pages that an index would have, from the widths of its columns. Equal values are kept once by a real one, so this is
 * what it has at most, as HypoPG reckons too.
 */
export function indexPages(
  { keys, include, method, predicate }: IndexCandidate,
  table: RelationStatistics,
  share = 1,
): number {
  const widthOf = (name: string): number =>
    table.columns.find(({ column }) => column === name)?.averageWidth ?? UNKNOWN_WIDTH
  const names = [...keys.map(({ text }) => text.replaceAll('"', '')), ...include]
  const width = names.map(widthOf).reduce((sum, each) => sum + each, 0)
  const rows = Math.max(0, table.rows) * (predicate === undefined ? 1 : share)
  const bytes = method === 'gin' ? width * BYTES_PER_CHARACTER : (Math.ceil(width / 8) * 8 + TUPLE_BYTES) / FILL
  return Math.max(1, Math.ceil((rows * bytes) / PAGE_BYTES))
}
