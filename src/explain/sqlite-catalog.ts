import type { CatalogIndex, CatalogTable } from '../model/plan.ts'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import * as T from '../sql/tokenizer.ts'
import type { TableName } from './read-catalog.ts'

/** Tables of SQLite, as its pragmas have them; rows only where ANALYZE has counted them. */
export async function sqliteCatalog(connection: SideConnection, names: readonly TableName[]): Promise<CatalogTable[]> {
  const counts = await countsOf(connection)
  const tables: CatalogTable[] = []
  for (const { schema, name } of names) {
    const columns = await connection.query('select name, type from pragma_table_xinfo(?)', [name])
    const [found] = await connection.query(
      `select name from ${schema === 'temp' ? 'sqlite_temp_master' : 'sqlite_master'} where type = 'table' and name = ? collate nocase`,
      [name],
    )
    if (columns.length > 0 && found !== undefined)
      tables.push(await tableOf(connection, String(found.name), columns, counts))
  }
  return tables
}

type Counts = ReadonlyMap<string, readonly number[]>

async function tableOf(connection: SideConnection, name: string, columns: readonly SideRow[], counts: Counts) {
  const indexes = await indexesOf(connection, name)
  const keys = await connection.query(
    'select id, "table" as target, "from" as part, "to" as target_part from pragma_foreign_key_list(?) order by id, seq',
    [name],
  )
  const counted = [...counts].filter(([key]) => key.startsWith(`${name}\0`))
  const rows = counted[0]?.[1][0]
  const distinct = new Map<string, number>()
  for (const { name: index, columns: parts } of indexes) {
    const [total, perFirst] = counts.get(`${name}\0${index}`) ?? []
    if (total !== undefined && perFirst) distinct.set(parts[0] as string, Math.max(1, Math.round(total / perFirst)))
  }
  return {
    name,
    ...(rows === undefined ? {} : { rows }),
    columns: columns.map((column) => {
      const known = distinct.get(String(column.name))
      return {
        name: String(column.name),
        type: String(column.type),
        ...(known === undefined ? {} : { distinct: known }),
      }
    }),
    indexes,
    ...(keys.length === 0 ? {} : { foreignKeys: foreignKeysOf(keys) }),
    statistics: { isMissing: counted.length === 0 },
  }
}

/** Of `sqlite_stat1`: rows, then rows per value of the first column, of the first two, …; by table and index. */
async function countsOf(connection: SideConnection): Promise<Counts> {
  const rows = await connection.query('select tbl, idx, stat from sqlite_stat1').catch(() => []) // never analysed
  return new Map(
    rows.map(({ tbl, idx, stat }) => [
      `${tbl}\0${idx ?? ''}`,
      String(stat).split(' ').map(Number).filter(Number.isFinite),
    ]),
  )
}

async function indexesOf(connection: SideConnection, table: string): Promise<CatalogIndex[]> {
  const list = await connection.query('select name, "unique" as is_unique, origin, partial from pragma_index_list(?)', [
    table,
  ])
  const indexes: CatalogIndex[] = []
  for (const { name, is_unique: isUnique, origin, partial } of list) {
    const parts = await connection.query('select name from pragma_index_xinfo(?) where key = 1 order by seqno', [name])
    const [master] = await connection.query('select sql from sqlite_master where name = ?', [name])
    const written = partsOfIndex(String(master?.sql ?? ''))
    indexes.push({
      name: String(name),
      columns: parts.map((part, at) => String(part.name ?? written.parts[at] ?? '')),
      isUnique: Number(isUnique) === 1,
      ...(origin === 'pk' ? { isPrimary: true } : {}),
      method: 'btree',
      ...(Number(partial) === 1 && written.predicate !== undefined ? { predicate: written.predicate } : {}),
    })
  }
  return indexes
}

/** Columns, expressions and the condition of a CREATE INDEX. */
function partsOfIndex(text: string): { readonly parts: readonly string[]; readonly predicate?: string } {
  const tokens = new T.Tokenizer(text, 'sqlite')
  const parts: string[] = []
  let depth = 0
  let start = 0
  while (tokens.next()) {
    if (tokens.type === T.OPEN && depth++ === 0) start = tokens.end
    const isEnd = tokens.type === T.CLOSE && --depth === 0
    if (isEnd || (tokens.type === T.COMMA && depth === 1)) {
      parts.push(tokens.textOf(start, tokens.start).trim())
      start = tokens.end
    }
    if (isEnd) break
  }
  const rest = tokens.textOf(tokens.end, tokens.length).trim()
  return /^where\b/i.test(rest) ? { parts, predicate: rest.slice(5).trim() } : { parts }
}

function foreignKeysOf(rows: readonly SideRow[]): NonNullable<CatalogTable['foreignKeys']> {
  return [...new Set(rows.map(({ id }) => id))].map((id) => {
    const key = rows.filter((row) => row.id === id)
    return {
      columns: key.map(({ part }) => String(part)),
      table: String(key[0]?.target),
      references: key.map(({ target_part: part }) => String(part ?? '')).filter((part) => part !== ''),
    }
  })
}
