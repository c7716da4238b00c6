import { isCorrelated } from './correlated-subqueries.ts'
import { emptyBlock, estimatedRows, isOuterCondition, joined, madeFrom, modifying, mysqlTable } from './mysql-table.ts'
import { draftsOf, type PlanDraft } from './plan-draft.ts'
import { defined, entryOf, type Fields, fieldsOf, listOf, numberOf, textOf } from './plan-fields.ts'
import { splitList } from './split-list.ts'

/** Reads a `query_block`: its tables, what works on their rows, and the subqueries they run. */
export function mariadbBlock(block: Fields): PlanDraft {
  const conditions = ['const_condition', 'outer_ref_condition', 'having_condition'].flatMap((name) => {
    const filter = textOf(block[name])
    return filter === undefined || filter === '1' ? [] : [{ nodeType: name, filter }]
  })
  const content = modifying(joinedAll(contentOf(block)) ?? emptyBlock(block))
  const read = content.loops === undefined ? { ...content, ...loopsOf(block) } : content
  const body = withSubqueries(read, block)
  const filtered = conditions.reduce<PlanDraft>((inner, condition) => filteredBy(condition, inner), body)
  const wholeTime = numberOf(block.r_total_time_ms)
  return { ...filtered, ...defined({ wholeTime }) }
}

function filteredBy(condition: { readonly nodeType: string; readonly filter: string }, inner: PlanDraft): PlanDraft {
  const children = [{ ...inner, parentRelationship: 'outer' as const }]
  return { op: 'filter', ...condition, ...defined({ loops: inner.loops }), children }
}

function withSubqueries(body: PlanDraft, block: Fields): PlanDraft {
  const subqueries = listOf(block.subqueries).flatMap((subquery) => subqueryOf(subquery, draftsOf(body)))
  return { ...body, children: [...body.children, ...subqueries] }
}

function subqueryOf(fields: Fields, around: readonly PlanDraft[]): PlanDraft[] {
  return contentOf(fields).map((content) => {
    const correlated = isCorrelated(content, around)
    const hashed = fields.materialization !== undefined
    return {
      ...content,
      parentRelationship: correlated || hashed ? ('subplan' as const) : ('initplan' as const),
      subplanName: `select #${selectIds(fields).join(', ')}`,
      ...(correlated ? { correlated } : {}),
      ...(hashed && !correlated ? { hashed } : {}),
    }
  })
}

function selectIds(value: unknown): number[] {
  const fields = fieldsOf(value)
  if (fields === undefined) return []
  const id = numberOf(fields.select_id)
  return id === undefined ? Object.values(fields).flatMap(selectIds) : [id]
}

type Reader = (fields: Fields) => PlanDraft[]

/** Keys of an object that hold a part of the tree; what stands in the others is read by whoever knows it. */
const readers: Readonly<Record<string, Reader>> = {
  query_block: (fields) => [mariadbBlock(fields)],
  table: (fields) => [tableOf(fields)],
  'block-nl-join': (fields) => [blockJoinOf(fields)],
  read_sorted_file: (fields) =>
    contentOf(fields).map((sort) => ({ ...sort, ...defined({ actualRows: numberOf(fields.r_rows) }) })),
  filesort: (fields) => [sortOf(fields)],
  temporary_table: (fields) => [
    above({ op: 'temp-table', nodeType: 'temporary_table', notes: ['temporary table'] }, fields),
  ],
  duplicates_removal: (fields) => [above({ op: 'distinct', nodeType: 'duplicates_removal' }, fields)],
  window_functions_computation: (fields) => [windowOf(fields)],
  expression_cache: (fields) => [above({ op: 'memoize', nodeType: 'expression_cache', ...cacheOf(fields) }, fields)],
  materialized: (fields) => [above({ op: 'materialize', nodeType: 'materialized' }, fields)],
  materialization: (fields) => [above({ op: 'materialize', nodeType: 'materialization' }, fields)],
  union_result: (fields) => [unionOf('union_result', fields)],
  recursive_union: (fields) => [unionOf('recursive_union', fields)],
}

/** Keys that hold no part of the tree, or one that is read elsewhere. */
const apart = new Set(['subqueries', 'sorts', 'query_specifications', 'rowid_filter', 'index_merge', 'range'])

function contentOf(fields: Fields): PlanDraft[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    if (apart.has(key)) return []
    if (key === 'nested_loop') return joinedAll(listOf(value).flatMap(contentOf)) ?? []
    const read = entryOf(readers, key)
    if (read !== undefined && Array.isArray(value)) return read({ nested_loop: value })
    const inside = fieldsOf(value)
    if (inside === undefined) return []
    return read === undefined ? unknownOf(key, inside) : read(inside)
  })
}

/** An operation that is not known is one node, where there are tables below it. */
function unknownOf(key: string, fields: Fields): PlanDraft[] {
  const content = joinedAll(contentOf(fields))
  return content === undefined
    ? []
    : [{ op: 'other', nodeType: key, ...loopsOf(fields), children: [{ ...content, parentRelationship: 'outer' }] }]
}

function above(node: Omit<PlanDraft, 'children'>, fields: Fields): PlanDraft {
  const content = joinedAll(contentOf(fields)) ?? emptyBlock(fields)
  // An expression cache that never hits is given up, and what is below it then runs without it.
  const loops = runsOf(fields, [content])
  const children = [{ ...content, parentRelationship: 'outer' as const }]
  return withSubqueries({ ...node, ...timesOf(fields), ...defined({ loops }), children }, fields)
}

function joinedAll(members: readonly PlanDraft[]): PlanDraft | undefined {
  const [first, ...rest] = members
  return first === undefined ? undefined : rest.reduce(joinOf, first)
}

/** MariaDB gives no rows of the join, only those of its tables. */
function joinOf(outer: PlanDraft, inner: PlanDraft): PlanDraft {
  const join = joined(outer, inner)
  const { loops, actualRows } = outer
  const given = inner.joinedRows ?? (inner.actualRows === undefined ? undefined : inner.actualRows * (inner.loops ?? 1))
  const perLoop = given === undefined || loops === undefined ? undefined : given / Math.max(1, loops)
  const isKept = join.joinType === 'left' || join.joinType === 'anti'
  const rows = isKept && perLoop !== undefined ? Math.max(perLoop, actualRows ?? 0) : perLoop
  const planRows =
    outer.planRows === undefined || inner.planRows === undefined ? undefined : outer.planRows * inner.planRows
  return { ...join, ...defined({ loops, planRows, actualRows: rows }) }
}

function tableOf(fields: Fields): PlanDraft {
  const table = mysqlTable(fields)
  const examined = numberOf(fields.r_rows)
  const share = (numberOf(fields.r_filtered) ?? 100) / 100
  const actual =
    numberOf(fields.r_loops) === undefined
      ? {}
      : { actualRows: rounded((examined ?? 0) * share), ...removedRows(table, rounded((examined ?? 0) * (1 - share))) }
  const made = contentOf(defined({ materialized: madeFrom(fields) }))
  const children = made.map((child) => ({ ...child, parentRelationship: 'subquery' as const }))
  const whole = {
    ...table,
    op: made.length > 0 ? ('subquery-scan' as const) : table.op,
    ...estimatedRows(numberOf(fields.rows), fields.filtered),
    ...actual,
    ...timesOf(fields),
    ...loopsOf(fields),
    ...constOf(table, fields),
    ...defined({ ownCost: numberOf(fields.cost) }),
    children,
  }
  const notes = [...(table.notes ?? []), ...partialFilterOf(fields)]
  return notes.length === 0 ? whole : { ...whole, notes }
}

/** Its one row was read while the statement was planned, and that is not counted as a loop. */
function constOf({ op }: PlanDraft, fields: Fields): Partial<PlanDraft> {
  return op === 'const' && numberOf(fields.r_loops) === 0 ? { loops: 1, actualRows: 1, neverExecuted: false } : {}
}

function removedRows({ filter }: PlanDraft, rowsRemovedByFilter: number): Partial<PlanDraft> {
  return filter === undefined && rowsRemovedByFilter === 0 ? {} : { rowsRemovedByFilter }
}

function partialFilterOf(fields: Fields): string[] {
  const key = textOf(fieldsOf(fieldsOf(fields.rowid_filter)?.range)?.key)
  return key === undefined ? [] : [`by index ${key}`]
}

/** A table whose rows are compared with many of the outer side at once, which wait in a buffer. */
function blockJoinOf(fields: Fields): PlanDraft {
  const [inner = emptyBlock(fields)] = contentOf(fields)
  const kind = [textOf(fields.join_type), textOf(fields.buffer_size)].filter((text) => text !== undefined).join(', ')
  const joinFilter = textOf(fields.attached_condition)
  const rows = numberOf(fields.r_effective_rows)
  const share = (numberOf(fields.r_filtered) ?? 100) / 100
  const joinedRows = rows === undefined ? undefined : rounded(rows * share * (numberOf(fields.r_loops) ?? 1))
  return {
    ...inner,
    ...timesOf(fields, inner.ownTime),
    notes: [...(inner.notes ?? []), kind === '' ? 'join buffer' : `join buffer (${kind})`],
    ...defined({ joinFilter, joinedRows, joinType: isOuterCondition(joinFilter) ? ('left' as const) : inner.joinType }),
  }
}

function sortOf(fields: Fields): PlanDraft {
  const passes = numberOf(fields.r_sort_passes) ?? 0
  const spaceKb = /^(\d+)Kb$/i.exec(textOf(fields.r_buffer_size) ?? '')?.[1]
  const isExecuted = numberOf(fields.r_loops) !== undefined
  const method = fields.r_used_priority_queue === true ? 'priority queue' : 'filesort'
  return above(
    {
      op: 'sort',
      nodeType: 'filesort',
      ...defined({
        sortKey: splitList(textOf(fields.sort_key) ?? ''),
        sort: isExecuted
          ? { method, ...defined({ spaceKb: spaceKb === undefined ? undefined : Number(spaceKb) }), disk: passes > 0 }
          : undefined,
        actualRows: numberOf(fields.r_output_rows),
      }),
      notes: ['filesort', ...(passes > 0 ? [`${passes} sort passes`] : [])],
    },
    fields,
  )
}

function windowOf(fields: Fields): PlanDraft {
  const node = above({ op: 'window', nodeType: 'window_functions_computation' }, fields)
  const sorts = listOf(fields.sorts).map(({ filesort }) => fieldsOf(filesort) ?? {})
  const children = sorts.reduce<readonly PlanDraft[]>((below, sort) => {
    const sorted = sortOf({ ...sort, table: undefined })
    return [{ ...sorted, ...defined({ loops: node.loops }), parentRelationship: 'outer', children: below }]
  }, node.children)
  return { ...node, children }
}

function unionOf(nodeType: string, fields: Fields): PlanDraft {
  const members = listOf(fields.query_specifications).flatMap(contentOf)
  const children = members.map((member) => ({ ...member, parentRelationship: 'member' as const }))
  return {
    op: 'union',
    nodeType,
    ...defined({ source: textOf(fields.table_name), actualRows: numberOf(fields.r_rows) }),
    ...timesOf(fields),
    ...defined({ loops: runsOf(fields, members) }),
    children,
  }
}

/** Where it says nothing itself, or was only prepared, what is below it ran. */
function runsOf(fields: Fields, below: readonly PlanDraft[]): number | undefined {
  const loops = [numberOf(fields.r_loops), ...below.map((draft) => draft.loops)].filter((count) => count !== undefined)
  return loops.length === 0 ? undefined : Math.max(...loops)
}

function cacheOf(fields: Fields): Partial<PlanDraft> {
  const hits = numberOf(fields.r_hit_ratio)
  return hits === undefined ? {} : { notes: [`${hits} % hits`] }
}

function loopsOf(fields: Fields): Partial<PlanDraft> {
  const loops = numberOf(fields.r_loops)
  return loops === undefined ? {} : loops === 0 ? { loops, neverExecuted: true } : { loops }
}

/** `r_total_time_ms` includes what is below, the others do not. */
function timesOf(fields: Fields, more = 0): Pick<PlanDraft, 'ownTime' | 'wholeTime'> {
  const own = ['r_table_time_ms', 'r_other_time_ms', 'r_unpack_time_ms'].flatMap((name) => numberOf(fields[name]) ?? [])
  const ownTime = own.length === 0 && more === 0 ? undefined : own.reduce((sum, time) => sum + time, more)
  return defined({ ownTime, wholeTime: numberOf(fields.r_total_time_ms) })
}

/** `60000 × 0.015 %` is 9, not 8.999999999999998. */
function rounded(rows: number): number {
  return Math.round(rows * 1e6) / 1e6
}
