import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { hasStaleStatistics } from './advice-doubts.ts'

const SIZES = `
select c.relpages as analyzed, pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int as pages
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2`

/** Part of a table that ANALYZE must have seen. */
const SEEN = 0.9

/** Growth since ANALYZE that is looked at; less may be pages that were taken in advance. */
const GROWN = 1.2

/**
 * The tables of PostgreSQL, with counts of modified rows that agree with their sizes.
 *
 * A session tells its counts some time after it has written. Where it loads a table and analyzes it at once, as tests and
 * migrations do, all its rows count as modified since; but a table that is as large as ANALYZE found it was not changed so
 * much. And where it has loaded a table just now, none is counted yet; but a table that has grown since ANALYZE was.
 */
export async function withoutLateCounts(
  connection: SideConnection,
  tables: readonly CatalogTable[],
): Promise<readonly CatalogTable[]> {
  if (connection.engine !== 'postgres') return tables
  const checked: CatalogTable[] = []
  for (const table of tables) checked.push(table.statistics.isMissing ? table : await checkedBySize(connection, table))
  return checked
}

async function checkedBySize(connection: SideConnection, table: CatalogTable): Promise<CatalogTable> {
  const [sizes] = await connection.query(SIZES, [table.schema ?? 'public', table.name])
  const [analyzed, pages] = [Number(sizes?.analyzed), Number(sizes?.pages)]
  // neither is known of a partitioned table, nor of one that was never looked at
  if (!(analyzed > 0 && pages > 0)) return table
  const { rows = 0, statistics } = table
  if (analyzed >= pages * SEEN) return hasStaleStatistics(table) ? withoutModifications(table) : table
  if (pages < analyzed * GROWN) return table
  const grown = Math.round(rows * (pages / analyzed - 1))
  return { ...table, statistics: { ...statistics, modifiedRows: Math.max(statistics.modifiedRows ?? 0, grown) } }
}

function withoutModifications(table: CatalogTable): CatalogTable {
  const { modifiedRows: _, ...statistics } = table.statistics
  return { ...table, statistics }
}
