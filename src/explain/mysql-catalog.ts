import type { CatalogIndex, CatalogTable } from '../model/plan.ts'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import type { TableName } from './read-catalog.ts'

const inDatabase = 'table_schema = COALESCE(?, DATABASE()) AND table_name = ?'

const TABLE = `SELECT table_schema AS db, table_name AS name, CAST(table_rows AS CHAR) AS row_count,
    CAST(CEILING(data_length / 16384) AS CHAR) AS pages
  FROM information_schema.tables WHERE ${inDatabase} AND table_type = 'BASE TABLE'`

const COLUMNS = `SELECT column_name AS name, CAST(column_type AS CHAR) AS type FROM information_schema.columns
  WHERE ${inDatabase} ORDER BY ordinal_position`

const PARTS = (
  expression: string,
): string => `SELECT index_name AS name, column_name AS part, ${expression} AS expression,
    CAST(non_unique AS CHAR) AS repeats, index_type AS method, CAST(cardinality AS CHAR) AS distinct_rows
  FROM information_schema.statistics WHERE ${inDatabase} ORDER BY index_name, seq_in_index`

const KEYS = `SELECT constraint_name AS name, column_name AS part, referenced_table_name AS target, referenced_column_name AS target_part
  FROM information_schema.key_column_usage WHERE ${inDatabase} AND referenced_table_name IS NOT NULL
  ORDER BY constraint_name, ordinal_position`

const COUNTED = `SELECT DATE_FORMAT(last_update, '%Y-%m-%dT%H:%i:%s') AS counted FROM mysql.innodb_table_stats
  WHERE database_name = COALESCE(?, DATABASE()) AND table_name = ?`

/** Tables of MySQL or MariaDB, as the information schema has them. */
export async function mysqlCatalog(connection: SideConnection, names: readonly TableName[]): Promise<CatalogTable[]> {
  const tables: CatalogTable[] = []
  for (const { schema, name } of names) {
    const table = await tableNamed(connection, [schema ?? null, name])
    if (table !== undefined) tables.push(table)
  }
  return tables
}

type Place = readonly [schema: string | null, name: string]

async function tableNamed(connection: SideConnection, place: Place): Promise<CatalogTable | undefined> {
  const [table] = await connection.query(TABLE, place)
  if (table === undefined) return undefined
  const columns = await connection.query(COLUMNS, place)
  // MySQL has indexes on expressions since 8.0.13, MariaDB has none
  const parts = await connection.query(PARTS(connection.engine === 'mysql' ? 'expression' : 'NULL'), place)
  const foreignKeys = foreignKeysOf(await connection.query(KEYS, place))
  const [counted] = await connection.query(COUNTED, place).catch(() => []) // for administrators
  const rows = numberOf(table.row_count)
  const distinct = distinctOf(parts)
  return {
    schema: String(table.db),
    name: String(table.name),
    ...(rows === undefined ? {} : { rows }),
    ...(table.pages === null ? {} : { pages: Number(table.pages) }),
    columns: columns.map(({ name, type }) => {
      const known = distinct.get(String(name))
      return { name: String(name), type: String(type), ...(known === undefined ? {} : { distinct: known }) }
    }),
    indexes: indexesOf(parts),
    ...(foreignKeys.length === 0 ? {} : { foreignKeys }),
    statistics: {
      isMissing: rows === undefined,
      ...(counted?.counted ? { analyzedAt: String(counted.counted) } : {}),
    },
  }
}

function indexesOf(parts: readonly SideRow[]): CatalogIndex[] {
  return [...grouped(parts).entries()].map(([name, rows]) => ({
    name,
    columns: rows.map(({ part, expression }) => String(part ?? expression)),
    isUnique: String(rows[0]?.repeats) === '0',
    ...(name === 'PRIMARY' ? { isPrimary: true } : {}),
    method: String(rows[0]?.method).toLowerCase(),
  }))
}

/** Only of the first column of an index is the number of distinct values its own. */
function distinctOf(parts: readonly SideRow[]): ReadonlyMap<string, number> {
  const distinct = new Map<string, number>()
  for (const [first] of grouped(parts).values()) {
    const count = numberOf(first?.distinct_rows)
    if (first !== undefined && count !== undefined && first.part !== null) distinct.set(String(first.part), count)
  }
  return distinct
}

function foreignKeysOf(rows: readonly SideRow[]): NonNullable<CatalogTable['foreignKeys']> {
  return [...grouped(rows).values()].map((key) => ({
    columns: key.map(({ part }) => String(part)),
    table: String(key[0]?.target),
    references: key.map(({ target_part: part }) => String(part)),
  }))
}

function grouped(rows: readonly SideRow[]): Map<string, SideRow[]> {
  const groups = new Map<string, SideRow[]>()
  for (const row of rows) {
    const name = String(row.name)
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  return groups
}

function numberOf(cell: unknown): number | undefined {
  return cell === null || cell === undefined ? undefined : Number(cell)
}
