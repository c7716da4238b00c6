import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { hasStaleStatistics } from './advice-doubts.ts'

const SIZES = `
select c.relpages as analyzed, pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int as pages
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2`

/** Part of a table that ANALYZE must have seen. */
const SEEN = 0.9

/**
 * The tables of PostgreSQL, without modifications that were counted late.
 *
 * A session tells its counts some time after it has written: where it loads a table and analyzes it at once, as tests and
 * migrations do, all its rows count as modified since. A table that is as large as ANALYZE found it was not changed so much.
 */
export async function withoutLateCounts(
  connection: SideConnection,
  tables: readonly CatalogTable[],
): Promise<readonly CatalogTable[]> {
  if (connection.engine !== 'postgres') return tables
  const checked: CatalogTable[] = []
  for (const table of tables) {
    const isSuspect = hasStaleStatistics(table) && !table.statistics.isMissing
    checked.push(isSuspect && (await isAsAnalyzed(connection, table)) ? withoutModifications(table) : table)
  }
  return checked
}

async function isAsAnalyzed(connection: SideConnection, { schema = 'public', name }: CatalogTable): Promise<boolean> {
  const [sizes] = await connection.query(SIZES, [schema, name])
  return sizes !== undefined && Number(sizes.analyzed) >= Number(sizes.pages) * SEEN
}

function withoutModifications(table: CatalogTable): CatalogTable {
  const { modifiedRows: _, ...statistics } = table.statistics
  return { ...table, statistics }
}
