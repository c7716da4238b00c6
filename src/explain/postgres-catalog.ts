import type { CatalogTable } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { readOnly } from './postgres-limits.ts'
import { queryPrepared } from './postgres-prepared.ts'
import type { TableName } from './read-catalog.ts'
import { DEFAULT_TIMEOUT_MS } from './server-limits.ts'

const COLUMNS = `select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'nDistinct', s.n_distinct) order by a.attnum)
  from pg_catalog.pg_attribute a left join pg_catalog.pg_stats s
    on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

const INDEXES = `select json_agg(json_build_object('name', i.relname, 'isUnique', x.indisunique, 'isPrimary', x.indisprimary,
    'method', m.amname, 'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid),
    'columns', array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, true) from generate_series(1, x.indnkeyatts) k),
    'include', array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, true) from generate_series(x.indnkeyatts + 1, x.indnatts) k)
  ) order by i.relname)
  from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_am m on m.oid = i.relam
  where x.indrelid = c.oid and x.indisvalid`

const FOREIGN_KEYS = `select json_agg(json_build_object('table', r.relname,
    'columns', array(select attname from unnest(k.conkey) with ordinality as key (number, place)
      join pg_catalog.pg_attribute on attrelid = k.conrelid and attnum = number order by place),
    'references', array(select attname from unnest(k.confkey) with ordinality as key (number, place)
      join pg_catalog.pg_attribute on attrelid = k.confrelid and attnum = number order by place)) order by k.conname)
  from pg_catalog.pg_constraint k join pg_catalog.pg_class r on r.oid = k.confrelid
  where k.conrelid = c.oid and k.contype = 'f'`

const TABLES = `select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'rows', c.reltuples, 'pages', c.relpages, 'columns', (${COLUMNS}), 'indexes', (${INDEXES}), 'foreignKeys', (${FOREIGN_KEYS}),
    'analyzedAt', to_char(greatest(t.last_analyze, t.last_autoanalyze) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'modifiedRows', t.n_mod_since_analyze,
    'hasStatistics', exists (select from pg_catalog.pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname)
  ) order by n.nspname, c.relname), '[]')::text as tables
  from json_to_recordset($1::text::json) as asked (schema text, name text)
  join pg_catalog.pg_class c on c.relname = asked.name and c.relkind in ('r', 'p', 'm', 'f')
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    and case when asked.schema is null then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = asked.schema end
  left join pg_catalog.pg_stat_all_tables t on t.relid = c.oid`

interface Row {
  readonly schema: string
  readonly name: string
  /** -1 where it was never counted. */
  readonly rows: number
  readonly pages: number
  readonly columns:
    | readonly { readonly name: string; readonly type: string; readonly nDistinct: number | null }[]
    | null
  readonly indexes:
    | readonly (Omit<CatalogTable['indexes'][number], 'predicate'> & { readonly predicate: string | null })[]
    | null
  readonly foreignKeys: CatalogTable['foreignKeys'] | null
  readonly analyzedAt: string | null
  readonly modifiedRows: number | null
  readonly hasStatistics: boolean
}

/** Tables of PostgreSQL, as its catalog has them. */
export function postgresCatalog(connection: SideConnection, names: readonly TableName[]): Promise<CatalogTable[]> {
  // definitions of indexes wait for whoever changes the table
  return readOnly(connection, DEFAULT_TIMEOUT_MS, async () => {
    const [row] = await queryPrepared(connection, 'nonplus_tables', TABLES, [JSON.stringify(names)])
    return (JSON.parse(String(row?.tables)) as readonly Row[]).map(tableOf)
  })
}

function tableOf(row: Row): CatalogTable {
  const rows = row.rows < 0 ? undefined : row.rows
  const indexes = (row.indexes ?? []).map(({ predicate, include, isPrimary, ...index }) => ({
    ...index,
    ...(isPrimary ? { isPrimary } : {}),
    ...((include ?? []).length === 0 ? {} : { include: include as readonly string[] }),
    ...(predicate === null ? {} : { predicate }),
  }))
  return {
    schema: row.schema,
    name: row.name,
    ...(rows === undefined ? {} : { rows }),
    pages: row.pages,
    columns: (row.columns ?? []).map(({ name, type, nDistinct }) => {
      const distinct = distinctOf(nDistinct, rows)
      return { name, type, ...(distinct === undefined ? {} : { distinct }) }
    }),
    indexes,
    ...(row.foreignKeys === null || row.foreignKeys === undefined ? {} : { foreignKeys: row.foreignKeys }),
    statistics: {
      // those of a partitioned table are in its partitions
      isMissing: !row.hasStatistics && (rows === undefined || (rows > 0 && row.analyzedAt === null)),
      ...(row.analyzedAt === null ? {} : { analyzedAt: row.analyzedAt }),
      ...(row.modifiedRows === null ? {} : { modifiedRows: row.modifiedRows }),
    },
  }
}

/** A negative number is a part of the rows, because it is expected to grow with them. */
function distinctOf(nDistinct: number | null, rows: number | undefined): number | undefined {
  if (nDistinct === null || nDistinct === 0) return undefined
  if (nDistinct > 0) return nDistinct
  return rows === undefined ? undefined : Math.round(-nDistinct * rows)
}
