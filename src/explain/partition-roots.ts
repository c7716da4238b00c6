import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { arrayText } from './read-statistics.ts'

const ROOTS = `
select n.nspname as schema, c.relname as name, rn.nspname as root_schema, r.relname as root
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class r on r.oid = pg_catalog.pg_partition_root(c.oid)
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
where c.relispartition and n.nspname = any ($1::text[]) and c.relname = any ($2::text[])`

/** Partitions are known by the table that they are parts of: an index is made of that. */
export interface PartitionRoots {
  /** In place of partitions, their tables, with the indexes that a partition has and the rows of all that are read. */
  readonly tables: readonly CatalogTable[]
  /** What a table of a plan belongs to: itself, or its root. */
  rootOf(name: string): string
}

/**
 * Puts partitioned tables of PostgreSQL in the place of those of their parts that a plan reads.
 *
 * @throws the driver's error.
 */
export async function partitionRoots(
  connection: SideConnection,
  tables: readonly CatalogTable[],
): Promise<PartitionRoots> {
  const schemas = [...new Set(tables.map(({ schema }) => schema ?? 'public'))]
  const names = tables.map(({ name }) => name)
  const found =
    connection.engine === 'postgres' && tables.length > 0
      ? await connection.query(ROOTS, [arrayText(schemas), arrayText(names)])
      : []
  const roots = new Map(
    found.map((row) => [String(row.name), { schema: String(row.root_schema), name: String(row.root) }]),
  )
  const whole = new Map<string, CatalogTable>()
  for (const table of tables) {
    const { schema = table.schema, name } = roots.get(table.name) ?? table
    const before = whole.get(`${schema}.${name}`)
    const rows = (before?.rows ?? 0) + (table.rows ?? 0)
    const { schema: _, ...rest } = before ?? table
    whole.set(`${schema}.${name}`, {
      ...rest,
      ...(schema === undefined ? {} : { schema }),
      name,
      ...(rows > 0 ? { rows } : {}),
    })
  }
  return { tables: [...whole.values()], rootOf: (name) => roots.get(name)?.name ?? name }
}
