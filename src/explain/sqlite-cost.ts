import type { SideRow } from '../model/side-connection.ts'

/** What the choice of indexes needs of a plan of SQLite. */
export interface SqliteCost {
  readonly cost: number
  /** Lines of the plan. */
  readonly details: readonly string[]
}

/** Rows that a table has, and that an index of it gives for each number of columns that are compared. */
export interface SqliteRows {
  of(table: string): number | undefined
  perLookup(index: string, columns: number): number | undefined
}

/**
 * Cost of a plan from EXPLAIN QUERY PLAN: the sum of SQLite's own estimates, 2^(notused/10), where it tells them; versions
 * that do not are reckoned by the rows that the loops read.
 */
export function sqliteCost(rows: readonly SideRow[], known: SqliteRows): SqliteCost {
  const details = rows.map(({ detail }) => String(detail))
  const estimates = rows.map(({ notused }) => Number(notused ?? 0)).filter((estimate) => estimate > 0)
  if (estimates.length > 0) {
    const costs = estimates.map((estimate) => 2 ** (estimate / 10))
    // a sort has no estimate; it takes about what its rows took
    const sorts = rows.filter(({ detail, notused }) => isSort(String(detail)) && Number(notused ?? 0) === 0).length
    return { cost: costs.reduce((sum, cost) => sum + cost, 0) + sorts * Math.max(...costs), details }
  }
  return { cost: reckoned(rows, known), details }
}

function isSort(detail: string): boolean {
  return detail.startsWith('USE TEMP B-TREE')
}

/** What SQLite assumes of a table of which it knows nothing, and of an index. */
const UNKNOWN_ROWS = 1_048_576
const UNKNOWN_PER_LOOKUP = 10
/** A range keeps a quarter. */
const RANGE_SHARE = 0.25

/** Loops that are listed one below the other are within each other; so are subqueries in the loop that runs them. */
function reckoned(rows: readonly SideRow[], known: SqliteRows): number {
  const loops = new Map<unknown, number>()
  let cost = 0
  for (const { id, parent, detail } of rows) {
    const outer = loops.get(parent) ?? 1
    const text = String(detail)
    if (isSort(text)) {
      cost += outer * Math.log2(outer + 1)
      continue
    }
    const read = rowsRead(text, known)
    if (read === undefined) {
      loops.set(id, outer)
      continue
    }
    cost += outer * read
    loops.set(parent, outer * read)
    loops.set(id, outer)
  }
  return cost
}

function rowsRead(detail: string, known: SqliteRows): number | undefined {
  const match = /^(SCAN|SEARCH) (?:TABLE )?(\S+)(?: AS \S+)?(?:.*?INDEX (\S+))?(?:.*?\((.*)\))?/.exec(detail)
  if (match === null) return undefined
  const [, verb, table = '', index, conditions = ''] = match
  const total = known.of(table) ?? UNKNOWN_ROWS
  if (verb === 'SCAN') return total
  if (/PRIMARY KEY|rowid=\?/.test(detail)) return /[<>]/.test(conditions) ? total * RANGE_SHARE : 1
  const equal = (conditions.match(/[^<>]=\?/g) ?? []).length
  const isRange = /[<>]/.test(conditions)
  const found = equal === 0 ? total : (known.perLookup(index ?? '', equal) ?? UNKNOWN_PER_LOOKUP)
  return Math.max(1, found * (isRange ? RANGE_SHARE : 1))
}
