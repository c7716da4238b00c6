import type { CatalogTable, Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { withoutLateCounts } from './late-counts.ts'
import { namesToRead, readTables, type TableName } from './read-catalog.ts'

/** How long what the catalog says of a table is taken for true. Milliseconds. */
const KEPT_MS = 1_000

interface Kept {
  /** Absent where there is no such table. */
  readonly table: CatalogTable | undefined
  readonly until: number
}

const keptOf = new WeakMap<SideConnection, Map<string, Kept>>()

/**
 * Tables of a plan, with counts that agree with their sizes. Each is read once in a while only, since statements come one after
 * another and share their tables.
 *
 * @param named tables that the statement names beside.
 * @param session what the connection is set to: it decides which table a name without a schema means.
 * @throws the driver's error, where the catalog cannot be read.
 */
export async function keptCatalog(
  connection: SideConnection,
  plan: Plan,
  named: readonly string[],
  session: readonly string[],
): Promise<CatalogTable[]> {
  const kept = keptOf.get(connection) ?? new Map<string, Kept>()
  keptOf.set(connection, kept)
  const time = performance.now()
  for (const [key, { until }] of kept) if (until <= time) kept.delete(key)
  const keyOf = (name: TableName): string => JSON.stringify([name.schema, name.name, session])
  const names = namesToRead(plan, named)
  const missing = names.filter((name) => !kept.has(keyOf(name)))
  const read = await readTables(connection, plan.engine, missing)
  const tables = await withoutLateCounts(connection, read)
  for (const name of missing) {
    kept.set(keyOf(name), { table: tables.find((table) => isNamed(table, name)), until: time + KEPT_MS })
  }
  // two names may mean one table
  return [...new Set(names.flatMap((name) => kept.get(keyOf(name))?.table ?? []))]
}

function isNamed(table: CatalogTable, { schema, name }: TableName): boolean {
  return table.name.toLowerCase() === name.toLowerCase() && (schema === undefined || table.schema === schema)
}
