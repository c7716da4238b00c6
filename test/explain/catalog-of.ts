import type { CatalogTable, Plan } from '../../src/model/plan.ts'
import { nodesOf } from '../../src/model/plan.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'

const COLUMNS = `
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
  case when s.n_distinct < 0 then -s.n_distinct * greatest(c.reltuples, 0) else s.n_distinct end as distinct
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
left join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
where c.oid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`

const INDEXES = `
select i.relname as name, x.indisunique as "isUnique", x.indisprimary as "isPrimary", m.amname as method,
  to_json(array(select pg_get_indexdef(x.indexrelid, k::int, true) from generate_series(1, x.indnkeyatts) k)) as columns,
  pg_get_expr(x.indpred, x.indrelid) as predicate
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam where x.indrelid = $1::oid`

/** What the advice needs of the catalog of PostgreSQL, for tests of the advice alone. */
export async function catalogOf(connection: SideConnection, plan: Plan): Promise<CatalogTable[]> {
  const names = new Map<string, { schema: string; name: string }>()
  for (const { schema, relation } of nodesOf(plan.root)) {
    if (schema !== undefined && relation !== undefined) names.set(`${schema}.${relation}`, { schema, name: relation })
  }
  const tables: CatalogTable[] = []
  for (const { schema, name } of names.values()) tables.push(await tableOf(connection, schema, name))
  return tables
}

async function tableOf(connection: SideConnection, schema: string, name: string): Promise<CatalogTable> {
  const [table] = await connection.query(
    `select c.oid, c.reltuples, s.n_mod_since_analyze as modified
     from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_stat_all_tables s on s.relid = c.oid
     where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  )
  const columns = await connection.query(COLUMNS, [table?.oid])
  const indexes = await connection.query(INDEXES, [table?.oid])
  const rows = Number(table?.reltuples)
  return {
    schema,
    name,
    ...(rows < 0 ? {} : { rows }),
    columns: columns.map((column) => ({
      name: String(column.name),
      type: String(column.type),
      ...(column.distinct === null ? {} : { distinct: Number(column.distinct) }),
    })),
    indexes: indexes.map((index) => ({
      name: String(index.name),
      columns: JSON.parse(String(index.columns)),
      isUnique: index.isUnique === 't',
      isPrimary: index.isPrimary === 't',
      method: String(index.method),
      ...(index.predicate === null ? {} : { predicate: String(index.predicate) }),
    })),
    statistics: { isMissing: rows < 0, modifiedRows: Number(table?.modified ?? 0) },
  }
}
