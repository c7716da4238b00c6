import type { SideConnection, SideRow } from '../model/side-connection.ts'
import type { ColumnStatistics, DatabaseStatistics, RelationStatistics } from './database-statistics.ts'

/** What {@link readStatistics} reads through: a connection, or a transaction on one. */
export type Queryable = Pick<SideConnection, 'query'>

/** Settings that change what a plan costs. Parallel workers are not among them: a clone has none. */
const SETTINGS = `seq_page_cost random_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost work_mem
  hash_mem_multiplier effective_cache_size enable_bitmapscan enable_hashagg enable_hashjoin enable_indexscan
  enable_indexonlyscan enable_material enable_memoize enable_mergejoin enable_nestloop enable_seqscan enable_sort
  enable_incremental_sort enable_tidscan enable_partition_pruning enable_partitionwise_aggregate
  enable_partitionwise_join from_collapse_limit join_collapse_limit geqo geqo_threshold constraint_exclusion
  cursor_tuple_fraction`.split(/\s+/)

const RELATIONS = `
select c.oid, n.nspname as schema, c.relname as name, c.relpages as pages, c.reltuples as rows,
  c.relallvisible as visible, case when c.relkind in ('r', 'm', 'i', 't') then
    pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int end as current
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'p', 'i')`

/** The tables themselves, and their indexes. */
const OF_TABLES = ` and (c.oid = any ($1::oid[])
  or c.oid in (select indexrelid from pg_catalog.pg_index where indrelid = any ($1::oid[])))`
const OF_USERS = " and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'"

const COLUMNS = `
select s.schemaname as schema, s.tablename as name, s.attname as column, s.inherited, s.null_frac, s.avg_width,
  s.n_distinct, s.most_common_vals::text as common, s.most_common_freqs::text as frequencies,
  s.histogram_bounds::text as histogram, s.correlation, s.most_common_elems::text as elements,
  s.most_common_elem_freqs::text as element_frequencies, s.elem_count_histogram::text as element_counts
from pg_catalog.pg_stats s`

/**
 * What the planner knows of some tables and their indexes, or of all tables of a database that this user may read.
 *
 * @param oids of the tables; all where absent.
 * @throws the driver's error.
 */
export async function readStatistics(
  connection: Queryable,
  serverVersion: string,
  oids?: readonly string[],
): Promise<DatabaseStatistics> {
  const relations =
    oids === undefined
      ? await connection.query(RELATIONS + OF_USERS)
      : await connection.query(RELATIONS + OF_TABLES, [`{${oids.join(',')}}`])
  const schemas = [...new Set(relations.map(({ schema }) => String(schema)))]
  const names = [...new Set(relations.map(({ name }) => String(name)))]
  const columns = await connection.query(
    `${COLUMNS} where s.schemaname = any ($1::text[]) and s.tablename = any ($2::text[])`,
    [arrayText(schemas), arrayText(names)],
  )
  const settings = await connection.query(
    'select name, setting from pg_catalog.pg_settings where name = any ($1::text[])',
    [arrayText(SETTINGS)],
  )
  return {
    serverVersion,
    isStripped: false,
    settings: Object.fromEntries(settings.map(({ name, setting }) => [String(name), String(setting)])),
    relations: relations.map((row) => relationOf(row, columns)),
  }
}

function relationOf(row: SideRow, columns: readonly SideRow[]): RelationStatistics {
  const own = columns.filter(({ schema, name }) => schema === row.schema && name === row.name)
  return {
    schema: String(row.schema),
    name: String(row.name),
    pages: Number(row.pages),
    rows: Number(row.rows),
    allVisiblePages: Number(row.visible),
    ...(row.current === null ? {} : { currentPages: Number(row.current) }),
    columns: own.map(columnOf),
  }
}

function columnOf(row: SideRow): ColumnStatistics {
  const texts = {
    commonValues: row.common,
    commonFrequencies: row.frequencies,
    histogram: row.histogram,
    commonElements: row.elements,
    commonElementFrequencies: row.element_frequencies,
    elementCounts: row.element_counts,
  }
  const known = Object.entries(texts).filter(([, value]) => value !== null && value !== undefined)
  return {
    column: String(row.column),
    isInherited: row.inherited === true || row.inherited === 't',
    nullFraction: Number(row.null_frac),
    averageWidth: Number(row.avg_width),
    distinct: Number(row.n_distinct),
    ...Object.fromEntries(known.map(([name, value]) => [name, String(value)])),
    ...(row.correlation === null ? {} : { correlation: Number(row.correlation) }),
  }
}

/** An array of texts, as PostgreSQL reads it. */
export function arrayText(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}
