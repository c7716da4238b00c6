import { type CatalogTable, nodesOf, type Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { mysqlCatalog } from './mysql-catalog.ts'
import { postgresCatalog } from './postgres-catalog.ts'
import { sqliteCatalog } from './sqlite-catalog.ts'

/** A table to look up; without a schema the one that the connection finds. */
export interface TableName {
  readonly schema?: string
  readonly name: string
}

/**
 * Reads the tables of a plan in the catalog: columns, indexes, foreign keys, statistics; no values.
 *
 * @param named tables that the statement names beside, because plans of MySQL and SQLite may know a table by its alias.
 *   Names that no table has are left out.
 * @throws the driver's error, where the catalog cannot be read.
 */
export function readCatalog(
  connection: SideConnection,
  plan: Plan,
  named: readonly string[] = [],
): Promise<CatalogTable[]> {
  return readTables(connection, plan.engine, namesToRead(plan, named))
}

/** Tables of a plan, and those that the statement names beside; each once. */
export function namesToRead(plan: Plan, named: readonly string[]): TableName[] {
  const names = new Map<string, TableName>()
  for (const { schema, relation } of nodesOf(plan.root)) {
    if (relation !== undefined)
      names.set(`${schema ?? ''}.${relation}`, { ...(schema ? { schema } : {}), name: relation })
  }
  if (plan.engine === 'postgres') return [...names.values()]
  for (const text of named) {
    const parts = text.split('.')
    const name = parts.at(-1) as string
    const schema = parts.at(-2)
    const isKnown = [...names.values()].some((one) => one.name === name && (schema ?? one.schema) === one.schema)
    if (!isKnown) names.set(`${schema ?? ''}.${name}`, { ...(schema ? { schema } : {}), name })
  }
  return [...names.values()]
}

/** Those of the tables that are there; see {@link readCatalog}. */
export async function readTables(
  connection: SideConnection,
  engine: Plan['engine'],
  names: readonly TableName[],
): Promise<CatalogTable[]> {
  if (names.length === 0) return []
  if (engine === 'postgres') return postgresCatalog(connection, names)
  return engine === 'sqlite' ? sqliteCatalog(connection, names) : mysqlCatalog(connection, names)
}
