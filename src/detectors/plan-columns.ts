import { dialectOf } from '../model/engine-dialect.ts'
import type { PlanNode } from '../model/plan.ts'
import { readSortKey, type SortKey } from '../sql/clauses.ts'
import type { Comparison, Condition } from '../sql/condition.ts'
import { isColumnOf, type Scan } from './plan-scan.ts'
import { isSame, typeOfColumn } from './plan-tables.ts'

/** A column that an index could be searched by. */
export interface SearchColumn {
  readonly name: string
  readonly by: 'equality' | 'range'
  /** Distinct values, by the statistics. */
  readonly distinct?: number
}

const equalities: ReadonlySet<string> = new Set(['=', '<=>', 'in', '= any', 'is null', 'is not distinct from'])
const ranges: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', 'between'])

/** True where an index on the column of this comparison could find the rows. */
export function isSearchable({ left, right, operator }: Comparison, scan: Scan): boolean {
  const { column } = left
  if (column === undefined || !isColumnOf(column, scan.table, isOnlyTable(scan))) return false
  if (left.cast !== undefined && !isSameKind(left.cast, typeOfColumn(scan.table, column.name))) return false
  if (!equalities.has(operator) && !ranges.has(operator)) return false
  return right.every(({ columns }) => columns.every((one) => !isColumnOf(one, scan.table, isOnlyTable(scan))))
}

export function isOnlyTable({ clauses }: Pick<Scan, 'clauses'>): boolean {
  return clauses.sources.length <= 1
}

const texts = /char|text|citext|name|enum|clob/i
const integers = /int|serial|oid/i

/** A cast that PostgreSQL prints and that an index does not mind: `varchar` read as `text`. */
export function isSameKind(cast: string, type: string | undefined): boolean {
  if (type === undefined) return texts.test(cast)
  if (texts.test(cast) && texts.test(type)) return true
  return (
    type
      .replace(/\(.*\)/, '')
      .trim()
      .toLowerCase() ===
    cast
      .replace(/\(.*\)/, '')
      .trim()
      .toLowerCase()
  )
}

/** Whether a type holds texts, whole numbers, or neither. */
export function kindOfType(type: string | undefined): 'text' | 'integer' | 'other' | undefined {
  if (type === undefined) return undefined
  if (texts.test(type)) return 'text'
  return integers.test(type) && !/interval|point/i.test(type) ? 'integer' : 'other'
}

/** Columns of the conditions that an index could be searched by, each once; equality before range. */
export function searchColumnsOf(scan: Scan, conditions: readonly Condition[] = scan.conditions): SearchColumn[] {
  const columns = new Map<string, SearchColumn>()
  for (const condition of conditions) {
    if (condition.kind !== 'comparison' || !isSearchable(condition, scan)) continue
    const name = nameOf(scan, condition.left.column?.name ?? '')
    const by = equalities.has(condition.operator) ? 'equality' : 'range'
    const known = columns.get(name)
    if (known === undefined || (known.by === 'range' && by === 'equality')) columns.set(name, columnOf(scan, name, by))
  }
  const all = [...columns.values()].filter(
    ({ name }) => !/^(json|xml|point|bytea$)/i.test(typeOfColumn(scan.table, name) ?? ''),
  )
  return [...byDistinct(all.filter(({ by }) => by === 'equality')), ...all.filter(({ by }) => by === 'range')]
}

function columnOf({ table }: Scan, name: string, by: SearchColumn['by']): SearchColumn {
  const distinct = table.catalog?.columns.find((column) => isSame(column.name, name))?.distinct
  return { name, by, ...(distinct === undefined ? {} : { distinct }) }
}

/** As the catalog writes it. */
function nameOf({ table }: Scan, name: string): string {
  return table.catalog?.columns.find((column) => isSame(column.name, name))?.name ?? name
}

/** The most selective first; where that is not known of all, as they were written. */
function byDistinct(columns: readonly SearchColumn[]): readonly SearchColumn[] {
  if (columns.some(({ distinct }) => distinct === undefined)) return columns
  return [...columns].sort((a, b) => (b.distinct ?? 0) - (a.distinct ?? 0))
}

/** A sort above a scan, of which only the first rows are wanted. */
export interface TopRows {
  readonly limit: PlanNode | undefined
  /** Rows that are wanted, those that an OFFSET skips included; absent where the plan does not tell. */
  readonly count?: number
  readonly keys: readonly (SortKey & { readonly column: NonNullable<SortKey['column']> })[]
}

const passing: ReadonlySet<string> = new Set('filter gather result lock-rows subquery-scan modify-table'.split(' '))

/**
 * The order in which only the first rows of a scan are wanted, where all its keys are columns of the scanned table;
 * undefined where everything is wanted, or something in between changes the rows.
 */
export function topRowsOf(scan: Scan): TopRows | undefined {
  const { ancestors, clauses, plan } = scan
  const keysInText = clauses.orderBy
  let limit: PlanNode | undefined
  let sort: PlanNode | undefined
  for (const above of [...ancestors].reverse()) {
    if (above.op === 'limit') limit = above
    else if (above.op === 'sort') sort = above
    else if (!passing.has(above.op)) return undefined
  }
  if (limit === undefined && !(clauses.hasLimit && plan.engine !== 'postgres')) return undefined
  const dialect = dialectOf[plan.engine]
  const printed = sort?.sortKey?.map((key) => readSortKey(key, dialect))
  const keys = printed?.every(({ column }) => column !== undefined) === true ? printed : keysInText
  if (keys.length === 0) return undefined
  const own = keys.flatMap((key) =>
    key.column !== undefined && isColumnOf(key.column, scan.table, isOnlyTable(scan))
      ? [{ ...key, column: { ...key.column, name: nameOf(scan, key.column.name) } }]
      : [],
  )
  if (own.length < keys.length) return undefined
  const count = limitCount(limit)
  return { limit, keys: own, ...(count === undefined ? {} : { count }) }
}

/** Rows that a LIMIT lets through and its OFFSET skips, as far as its node tells. */
export function limitCount(limit: PlanNode | undefined): number | undefined {
  if (limit === undefined) return undefined
  if (limit.limit?.count !== undefined) return limit.limit.count + (limit.limit.offset ?? 0)
  return limit.actualRows ?? limit.planRows
}
