import { dialectOf } from '../model/engine-dialect.ts'
import type { CatalogIndex, CatalogTable, Engine, PlanNode } from '../model/plan.ts'
import { type Clauses, clausesOf } from '../sql/clauses.ts'
import type { PlanSubject } from './plan-detector.ts'

/** Clauses of the statement, by its text. */
export function clausesFor({ text, plans }: Pick<PlanSubject, 'text' | 'plans'>): Clauses {
  return clausesOf(text, dialectOf[plans[0]?.plan.engine ?? 'postgres'])
}

/** A table, as a plan and its conditions name it. */
export interface PlanTable {
  /** Its own name, as far as it is known. */
  readonly name: string
  readonly schema?: string
  /** What conditions call it. */
  readonly alias: string
  readonly catalog?: CatalogTable
}

/** The table that a node reads; some engines tell only its alias, which the statement explains. */
export function tableOf(
  subject: Pick<PlanSubject, 'tables'>,
  { sources }: Clauses,
  { relation, alias, schema }: PlanNode,
  engine: Engine,
): PlanTable | undefined {
  const named = relation ?? alias
  if (named === undefined) return undefined
  const called = alias ?? named
  const source =
    sources.find((one) => isSame(one.alias, called)) ??
    sources.find((one) => isSame(one.table, named)) ??
    sources.find((one) => isSame(one.alias, partitionOf(called)))
  const names = [relation, source?.table, alias].filter((name) => name !== undefined)
  const found = names.flatMap((name) => subject.tables.filter((table) => isSame(table.name, name)))
  const catalog = found.find((table) => schema === undefined || table.schema === schema) ?? found[0]
  // a partition goes by the name of the table that it is part of, which is where its indexes are made
  const isPart = source !== undefined && relation !== undefined && !names.slice(1).some((one) => isSame(one, relation))
  const name = isPart && engine === 'postgres' ? source.table : (catalog?.name ?? source?.table ?? named)
  const home = catalog?.schema ?? schema ?? source?.schema
  return {
    name,
    alias: called,
    ...(home === undefined ? {} : { schema: home }),
    ...(catalog === undefined ? {} : { catalog }),
  }
}

/** PostgreSQL numbers the aliases of partitions: `events_1`. */
function partitionOf(alias: string): string | undefined {
  return /^(.+)_\d+$/.exec(alias)?.[1]
}

/** Names that differ only in case are one, but for quoted ones of PostgreSQL, which are rare. */
export function isSame(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase()
}

/** An index of a table that can serve any row, by its name. */
export function indexOf(table: PlanTable | undefined, name: string | undefined): CatalogIndex | undefined {
  return table?.catalog?.indexes.find((index) => isSame(index.name, name))
}

/** Indexes that are sorted by their columns, for all rows. */
export function sortedIndexesOf(table: PlanTable): CatalogIndex[] {
  const indexes = table.catalog?.indexes ?? []
  return indexes.filter(({ method, predicate }) => predicate === undefined && /^(btree|)$/i.test(method))
}

/** An index whose first columns are these, the first ones in any order where `isOrdered` is false. */
export function indexLedBy(table: PlanTable, columns: readonly string[], isOrdered = true): CatalogIndex | undefined {
  return sortedIndexesOf(table).find((index) => {
    const lead = index.columns.slice(0, columns.length)
    if (lead.length < columns.length) return false
    if (isOrdered) return lead.every((column, at) => isSame(column, columns[at]))
    return columns.every((column) => lead.some((one) => isSame(one, column)))
  })
}

/** Changes since the statistics were taken that make them say little: a thousand rows, and a fifth of all. */
const STALE_ROWS = 1_000
const STALE_SHARE = 0.2

/** Whether the planner knew the table: `missing` where nothing was counted, `stale` where much has changed since. */
export function statisticsOf({ catalog }: PlanTable): 'sound' | 'stale' | 'missing' {
  if (catalog === undefined) return 'sound'
  const { isMissing, modifiedRows = 0 } = catalog.statistics
  if (isMissing) return 'missing'
  return modifiedRows >= Math.max(STALE_ROWS, STALE_SHARE * (catalog.rows ?? 0)) ? 'stale' : 'sound'
}

/** Type of a column, by the catalog. */
export function typeOfColumn({ catalog }: Pick<PlanTable, 'catalog'>, name: string): string | undefined {
  return catalog?.columns.find((column) => isSame(column.name, name))?.type
}
