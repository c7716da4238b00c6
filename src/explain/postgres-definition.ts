import type { SideRow } from '../model/side-connection.ts'
import { quoteName } from '../sql/quote-name.ts'
import { arrayText, type Queryable } from './read-statistics.ts'

/** What it takes to make some tables again, without their rows. */
export interface DatabaseDefinition {
  /** Of the tables, their parts and parents, and those below views. */
  readonly oids: readonly string[]
  /** Those that have rows of their own, or parts that have. */
  readonly tables: readonly { readonly schema: string; readonly name: string }[]
  readonly schemas: readonly string[]
  /** Extensions that are installed, and the schemas they are in. */
  readonly extensions: readonly { readonly name: string; readonly schema: string }[]
  /** In this order. One may fail alone: what it makes is then missing, and plans come out otherwise. */
  readonly statements: readonly string[]
  readonly searchPath: string
}

const CLOSURE = `
with recursive found (oid) as (
  select unnest($1::oid[])
  union
  select related.oid from found join lateral (
    select i.inhparent as oid from pg_catalog.pg_inherits i where i.inhrelid = found.oid
    union all select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = found.oid
    union all select d.refobjid from pg_catalog.pg_rewrite r
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
      where r.ev_class = found.oid
  ) related on true
)
select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
  pg_catalog.pg_get_partkeydef(c.oid) as key, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound,
  case when c.relkind = 'v' then pg_catalog.pg_get_viewdef(c.oid) end as view,
  (select i.inhparent::text from pg_catalog.pg_inherits i where i.inhrelid = c.oid limit 1) as parent
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid in (select oid from found) and n.nspname <> 'pg_catalog' and c.relkind in ('r', 'p', 'v', 'm')
order by c.oid`

const COLUMNS = `
select a.attrelid::text as relation, a.attname as name, a.attnotnull as required,
  pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
  pg_catalog.format_type(t.typbasetype, t.typtypmod) as base, tn.nspname as schema, t.typname as own, t.typtype as kind,
  t.typelem::text as element, e.typtype as element_kind,
  (select pg_catalog.json_agg(v.enumlabel order by v.enumsortorder) from pg_catalog.pg_enum v
    where v.enumtypid = coalesce(nullif(case when t.typcategory = 'A' then t.typelem else 0 end, 0), t.oid)) as labels,
  en.nspname as element_schema, e.typname as element_name,
  exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_type'::regclass and d.deptype = 'e'
    and d.objid in (t.oid, t.typelem)) as extended
from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join pg_catalog.pg_type e on t.typcategory = 'A' and e.oid = t.typelem
left join pg_catalog.pg_namespace en on en.oid = e.typnamespace
where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum`

const CONSTRAINTS = `
select conrelid::text as relation, conname as name, contype as type, pg_catalog.pg_get_constraintdef(oid) as definition
from pg_catalog.pg_constraint
where conrelid = any ($1::oid[]) and contype in ('p', 'u', 'f', 'x') and (contype <> 'f' or confrelid = any ($1::oid[]))
  and conparentid = 0
order by contype = 'f', oid`

const INDEXES = `
select pg_catalog.pg_get_indexdef(x.indexrelid) as definition
from pg_catalog.pg_index x
where x.indrelid = any ($1::oid[]) and x.indisvalid
  and not exists (select from pg_catalog.pg_constraint o where o.conindid = x.indexrelid and o.contype in ('p', 'u', 'x'))
  and not exists (select from pg_catalog.pg_inherits i where i.inhrelid = x.indexrelid)
order by x.indexrelid`

const STATISTICS = `
select pg_catalog.pg_get_statisticsobjdef(oid) as definition from pg_catalog.pg_statistic_ext
where stxrelid = any ($1::oid[])`

/**
 * How to make tables again: those given, their partitions, and what their views are made of. Everything in it has its
 * schema before its name.
 *
 * @param names as in a plan or a statement; without a schema they are looked for along the search path. Those that do
 *   not exist are left out.
 * @throws the driver's error.
 */
export async function readDefinition(
  transaction: Queryable,
  names: readonly { readonly schema?: string; readonly name: string }[],
): Promise<DatabaseDefinition> {
  const written = names.map(({ schema, name }) => {
    const parts = schema === undefined ? [name] : [schema, name]
    return parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
  })
  const found = await transaction.query(
    'select distinct pg_catalog.to_regclass(n)::oid::text as oid from unnest($1::text[]) n where to_regclass(n) is not null',
    [arrayText(written)],
  )
  const [{ path } = {}] = await transaction.query("select pg_catalog.current_setting('search_path') as path")
  await transaction.query("select pg_catalog.set_config('search_path', '', true)")
  try {
    return await readTables(transaction, idsText(found), String(path))
  } finally {
    await transaction.query("select pg_catalog.set_config('search_path', $1, true)", [String(path)])
  }
}

async function readTables(transaction: Queryable, start: string, searchPath: string): Promise<DatabaseDefinition> {
  const relations = await transaction.query(CLOSURE, [start])
  const ids = idsText(relations)
  const columns = await transaction.query(COLUMNS, [ids])
  const constraints = await transaction.query(CONSTRAINTS, [ids])
  const indexes = await transaction.query(INDEXES, [ids])
  const statistics = await transaction.query(STATISTICS, [ids])
  const extensions = await transaction.query(
    'select e.extname as name, n.nspname as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace',
  )
  const nameById = new Map(relations.map((row) => [row.oid, qualified(row.schema, row.name)]))
  const types = typesOf(columns)
  return {
    oids: relations.map(({ oid }) => String(oid)),
    tables: relations
      .filter(({ kind }) => kind !== 'v')
      .map(({ schema, name }) => ({ schema: String(schema), name: String(name) })),
    schemas: [...new Set([...relations.map(({ schema }) => String(schema)), ...types.map(({ schema }) => schema)])],
    extensions: extensions.map(({ name, schema }) => ({ name: String(name), schema: String(schema) })),
    statements: [
      ...types.map(({ statement }) => statement),
      ...inCreationOrder(relations).map((row) => createOf(row, columns, nameById)),
      ...constraints.map(
        ({ relation, name, definition }) =>
          `alter table ${nameById.get(relation)} add constraint ${quoteName(String(name), 'postgresql')} ${definition}`,
      ),
      // of a partitioned table, ONLY would leave its parts without
      ...indexes.map(({ definition }) => String(definition).replace(' ON ONLY ', ' ON ')),
      ...statistics.map(({ definition }) => String(definition)),
    ],
    searchPath,
  }
}

function idsText(rows: readonly SideRow[]): string {
  return `{${rows.map(({ oid }) => oid).join(',')}}`
}

function qualified(schema: unknown, name: unknown): string {
  return `${quoteName(String(schema), 'postgresql')}.${quoteName(String(name), 'postgresql')}`
}

/** Parents before their parts, views after all. */
function inCreationOrder(relations: readonly SideRow[]): readonly SideRow[] {
  const byId = new Map(relations.map((row) => [row.oid, row]))
  const depthOf = (row: SideRow | undefined): number => (row?.parent ? 1 + depthOf(byId.get(row.parent)) : 0)
  const rank = (row: SideRow): number => (row.kind === 'v' || row.kind === 'm' ? 1000 : depthOf(row))
  return [...relations].sort((one, other) => rank(one) - rank(other))
}

function createOf(row: SideRow, columns: readonly SideRow[], nameById: ReadonlyMap<unknown, string>): string {
  const name = nameById.get(row.oid)
  if (row.kind === 'v') return `create view ${name} as ${row.view}`
  const partition = row.key === null ? '' : ` partition by ${row.key}`
  if (row.bound !== null && row.parent !== null) {
    return `create table ${name} partition of ${nameById.get(row.parent)} ${row.bound}${partition}`
  }
  const own = columns.filter(({ relation }) => relation === row.oid)
  const written = own.map((column) => {
    const required = column.required === 't' || column.required === true ? ' not null' : ''
    return `${quoteName(String(column.name), 'postgresql')} ${typeOf(column)}${required}`
  })
  const parent = row.parent === null ? '' : ` inherits (${nameById.get(row.parent)})`
  return `create table ${name} (${written.join(', ')})${parent}${partition}`
}

/** A domain plans as the type below it; a type of rows, and whatever else is the database's own, as a text. */
function typeOf({ type, base, kind, element_kind: elementKind, schema, extended, element_schema }: SideRow): string {
  if (kind === 'd') return String(base)
  const isExtended = extended === 't' || extended === true
  const isKnown = schema === 'pg_catalog' && (elementKind === null || element_schema === 'pg_catalog')
  if (isKnown || isExtended || kind === 'e' || elementKind === 'e') return String(type)
  return elementKind === 'd' || elementKind === 'c' ? 'text[]' : 'text'
}

function typesOf(columns: readonly SideRow[]): { schema: string; statement: string }[] {
  const types = new Map<string, { schema: string; statement: string }>()
  for (const column of columns) {
    if (column.labels === null) continue
    const [schema, name] =
      column.element_kind === 'e' ? [column.element_schema, column.element_name] : [column.schema, column.own]
    const labels = (typeof column.labels === 'string' ? JSON.parse(column.labels) : column.labels) as readonly string[]
    const written = labels.map((label) => `'${label.replaceAll("'", "''")}'`).join(', ')
    const statement = `create type ${qualified(schema, name)} as enum (${written})`
    types.set(statement, { schema: String(schema), statement })
  }
  return [...types.values()]
}
