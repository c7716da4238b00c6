import type { SideConnection } from '../model/side-connection.ts'
import { queryPrepared } from './postgres-prepared.ts'
import { majorOf } from './postgres-version.ts'

/** A function, as the catalog has it. */
export interface FunctionFacts {
  readonly schema: string
  readonly name: string
  /** `i`mmutable, `s`table, `v`olatile. */
  readonly volatility: 'i' | 's' | 'v'
  /** `f`unction, `a`ggregate, `w`indow, `p`rocedure. */
  readonly kind: 'f' | 'a' | 'w' | 'p'
  readonly isBuiltin: boolean
  readonly language: string
  readonly extension: string | null
  readonly isTrigger: boolean
  /** Its body; of an aggregate the calls it is made of. Empty for those in C. */
  readonly body: string
  /** Names of the types it takes and gives, and its own settings. */
  readonly types: string
  /** It is called without parentheses too: `row.name`. */
  readonly takesRow: boolean
}

/** An operator, a cast or a support function that is called without being named. */
export interface UnnamedCall extends FunctionFacts {
  /** Name of the operator; empty for others. */
  readonly operator: string
  /** Names of the types that lead to it, as far as they are no built-in ones. */
  readonly operands: readonly string[]
}

/** A table or view: the texts in the catalog that a plan may evaluate. */
export interface RelationFacts {
  readonly schema: string
  readonly name: string
  readonly isForeign: boolean
  /** Planning asks the other server. */
  readonly isRemote: boolean
  readonly texts: readonly string[]
}

/** What the catalog knows by the names given. */
export interface CatalogObjects {
  readonly functions: readonly FunctionFacts[]
  readonly relations: readonly RelationFacts[]
  /** Conditions of domains, and names of the types that types are made of. */
  readonly types: readonly string[]
}

const extensionOf = (oid: string, catalog: string): string => `(
  select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.classid = 'pg_catalog.${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e' limit 1)`

function functionFields(major: number): string {
  const sqlBody = major >= 14 ? 'pg_catalog.pg_get_function_sqlbody(p.oid)' : 'null'
  return `'schema', n.nspname, 'name', p.proname, 'volatility', p.provolatile, 'kind', p.prokind,
    'isBuiltin', p.oid < 16384, 'language', l.lanname,
    'extension', case when p.oid >= 16384 then ${extensionOf('p.oid', 'pg_proc')} end,
    'isTrigger', p.prorettype in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype),
    'takesRow', exists (select from pg_catalog.pg_type t where t.oid = p.proargtypes[0] and t.typtype in ('c', 'p')),
    'body', case when p.oid < 16384 then '' when p.prokind = 'a' then coalesce((
        select concat_ws(' ', a.aggtransfn || '()', a.aggfinalfn || '()', a.aggcombinefn || '()', a.aggmtransfn || '()',
          a.aggminvtransfn || '()', a.aggmfinalfn || '()', a.aggserialfn || '()', a.aggdeserialfn || '()')
        from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid), '')
      when l.lanname in ('c', 'internal') then '' else coalesce(${sqlBody}, p.prosrc) end,
    'types', case when p.oid < 16384 then '' else concat_ws(' ', pg_catalog.pg_get_function_arguments(p.oid),
      pg_catalog.format_type(p.prorettype, null), array_to_string(p.proconfig, ' ')) end`
}

const FUNCTION_TABLES = `pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang`

/** All texts of a table that planning or reading it may evaluate. */
const RELATION_TEXTS = `array_remove(array_cat(array[
    case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
    case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end
  ], array(
    select pg_catalog.pg_get_expr(polqual, polrelid) from pg_catalog.pg_policy where polrelid = c.oid
    union all select pg_catalog.pg_get_expr(polwithcheck, polrelid) from pg_catalog.pg_policy where polrelid = c.oid
    union all select pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef where adrelid = c.oid
    union all select pg_catalog.pg_get_expr(indexprs, indrelid) from pg_catalog.pg_index where indrelid = c.oid
    union all select pg_catalog.pg_get_expr(indpred, indrelid) from pg_catalog.pg_index where indrelid = c.oid
    union all select pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint where conrelid = c.oid and contype = 'c'
    union all select pg_catalog.pg_get_ruledef(r.oid) from pg_catalog.pg_rewrite r
      where r.ev_class = c.oid and r.rulename <> '_RETURN'
    union all select pg_catalog.pg_get_statisticsobjdef(s.oid) from pg_catalog.pg_statistic_ext s where s.stxrelid = c.oid
    union all select i.inhrelid::regclass::text from pg_catalog.pg_inherits i where i.inhparent = c.oid
    union all select distinct pg_catalog.format_type(a.atttypid, null) from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.atttypid >= 16384 and a.attnum > 0
  )), null)`

function objectsQuery(major: number): string {
  return `with asked as (select array(select json_array_elements_text($1::text::json)) as calls,
      array(select json_array_elements_text($2::text::json)) as names)
    select json_build_object(
    'functions', (select coalesce(json_agg(json_build_object(${functionFields(major)})), '[]')
      from asked, ${FUNCTION_TABLES}
      where p.proname = any(asked.calls) and (p.oid < 16384 or pg_catalog.pg_function_is_visible(p.oid) or n.nspname = any(asked.names))),
    'relations', (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname,
        'isForeign', c.relkind = 'f',
        'isRemote', c.relkind = 'f' and exists (select from pg_catalog.pg_foreign_table f
          join pg_catalog.pg_foreign_server s on s.oid = f.ftserver
          where f.ftrelid = c.oid and exists (select from unnest(array_cat(f.ftoptions, s.srvoptions)) as option
            where option ~* '^(use_remote_estimate=(t|y|1|on)|program=)')),
        'texts', ${RELATION_TEXTS})), '[]')
      from asked, pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid >= 16384 and c.relname = any(asked.names) and c.relkind in ('r', 'v', 'm', 'p', 'f')
        and (pg_catalog.pg_table_is_visible(c.oid) or n.nspname = any(asked.names))),
    'types', (select coalesce(json_agg(concat_ws(' ',
        case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, null) end,
        (select string_agg(pg_catalog.pg_get_expr(k.conbin, 0), ' ') from pg_catalog.pg_constraint k where k.contypid = t.oid),
        (select string_agg(distinct pg_catalog.format_type(a.atttypid, null), ' ') from pg_catalog.pg_attribute a
          where t.typtype = 'c' and a.attrelid = t.typrelid and a.atttypid >= 16384 and a.attnum > 0))), '[]')
      from asked, pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      where t.oid >= 16384 and t.typname = any(asked.names) and t.typtype in ('d', 'c')
        and (pg_catalog.pg_type_is_visible(t.oid) or n.nspname = any(asked.names)))
    )::text as objects`
}

/** Looks names up in the catalog; `names` count as relations, types and schemas, `calls` as functions. */
export async function objectsNamed(
  connection: SideConnection,
  names: readonly string[],
  calls: readonly string[],
): Promise<CatalogObjects> {
  const text = objectsQuery(majorOf(connection))
  const [row] = await queryPrepared(connection, 'nonplus_objects', text, [JSON.stringify(calls), JSON.stringify(names)])
  return JSON.parse(String(row?.objects)) as CatalogObjects
}

function unnamedQuery(major: number): string {
  const part = (operator: string, operands: string, from: string): string => `
    select json_build_object('operator', ${operator}, 'operands', array(
        select t.typname from pg_catalog.pg_type t where t.oid in (${operands}) and t.oid >= 16384), ${functionFields(major)}) as call
    from ${FUNCTION_TABLES} ${from} and p.oid >= 16384`
  return `select coalesce(json_agg(call), '[]')::text as calls from (${[
    part(
      'o.oprname',
      'o.oprleft, o.oprright',
      'join pg_catalog.pg_operator o on p.oid in (o.oprcode, o.oprrest, o.oprjoin) where o.oid >= 16384',
    ),
    part("''", 'k.castsource, k.casttarget', 'join pg_catalog.pg_cast k on k.castfunc = p.oid where k.oid >= 16384'),
    part(
      "''",
      'm.amproclefttype, m.amprocrighttype',
      'join pg_catalog.pg_amproc m on m.amproc = p.oid where m.oid >= 16384',
    ),
  ].join(' union all ')}) as calls
  where call->>'extension' is null or call->>'language' not in ('c', 'internal')`
}

const ANY_UNNAMED = `select exists (select from pg_catalog.pg_operator where oid >= 16384)
  or exists (select from pg_catalog.pg_cast where oid >= 16384 and castfunc <> 0)
  or exists (select from pg_catalog.pg_amproc where oid >= 16384) as any`

/** Operators, casts and support functions of the user's own: calls that no name tells of. */
export async function unnamedCalls(connection: SideConnection): Promise<readonly UnnamedCall[]> {
  const [any] = await connection.query(ANY_UNNAMED)
  if (any?.any !== 't') return []
  const [row] = await queryPrepared(connection, 'nonplus_unnamed', unnamedQuery(majorOf(connection)), [])
  return JSON.parse(String(row?.calls)) as readonly UnnamedCall[]
}
