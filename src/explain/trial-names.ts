import type { SideRow } from '../model/side-connection.ts'
import type { IndexUse } from './index-trial.ts'
import { type PostgresCost, useOf } from './postgres-cost.ts'

/** Name of an index that is tried, by its place among those that are tried together. */
export function trialName(at: number): string {
  return `nonplus_trial_${at}`
}

/** An index that is tried, and those that PostgreSQL made of the parts of its table, with their tables. */
export const TRIAL_INDEXES = `
select i.relname as name, t.relname as "table", n.nspname as schema, i.relkind as kind, i.oid as oid
from pg_catalog.pg_class o
join lateral (select o.oid as id union select relid from pg_catalog.pg_partition_tree(o.oid)) tree on true
join pg_catalog.pg_class i on i.oid = tree.id join pg_catalog.pg_index x on x.indexrelid = i.oid
join pg_catalog.pg_class t on t.oid = x.indrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
where o.relname = $1`

/** How a plan uses an index that is tried, by its own name or by those of its parts. */
export function trialUse(rows: readonly SideRow[], indexes: PostgresCost['indexes']): IndexUse {
  const uses = rows.map(({ name }) => useOf(indexes, String(name)))
  return uses.includes('partly') ? 'partly' : uses.includes('fully') ? 'fully' : 'none'
}
