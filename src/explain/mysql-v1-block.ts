import { emptyBlock, estimatedRows, isOuterCondition, joined, madeFrom, modifying, mysqlTable } from './mysql-table.ts'
import { mapDrafts, type PlanDraft, withCosts } from './plan-draft.ts'
import { defined, entryOf, type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './plan-fields.ts'
import { splitList } from './split-list.ts'

/** Reads the outermost `query_block` of a plan. */
export function mysqlV1Block(block: Fields): PlanDraft {
  return mapDrafts(withCosts(blockOf(block, 1), 'mysql'), readingItself)
}

/** Within a recursive CTE its own name is no table. */
function readingItself(draft: PlanDraft): PlanDraft {
  const { source } = draft
  if (draft.op !== 'subquery-scan' || source === undefined) return draft
  const rename = (inside: PlanDraft): PlanDraft => {
    if (inside.relation !== source) return inside
    const { relation: _, ...rest } = inside
    return { ...rest, op: 'cte-scan', source }
  }
  return { ...draft, children: draft.children.map((child) => mapDrafts(child, rename)) }
}

/** Subqueries that a block runs, by where they stand; how often each runs is what is asked of the block. */
const subqueryKeys = [
  'select_list_subqueries',
  'having_subqueries',
  'order_by_subqueries',
  'group_by_subqueries',
  'update_value_subqueries',
  'insert_values_subqueries',
  'insert_update_subqueries',
  'optimized_away_subqueries',
]

/** Work on the rows of what is below it. */
const wrappers: Readonly<Record<string, Pick<PlanDraft, 'op'>>> = {
  ordering_operation: { op: 'sort' },
  grouping_operation: { op: 'group' },
  duplicates_removal: { op: 'distinct' },
  windowing: { op: 'window' },
  buffer_result: { op: 'temp-table' },
}

const sets = ['union_result', 'intersect_result', 'except_result', 'unary_result']

/** Objects that hold no part of the tree. */
const apart = new Set([
  'cost_info',
  'windows',
  'query_specifications',
  'rows_limit',
  'attached_subqueries',
  ...subqueryKeys,
])

function blockOf(block: Fields, runs: number): PlanDraft {
  const found = contentOf(block, runs)
  const content = found === undefined ? emptyBlock(block) : changing(block, withRest(block, found, runs))
  const rows = Math.max(1, content.planRows ?? 1)
  const subqueries = subqueryKeys.flatMap((key) =>
    listOf(block[key] ?? []).map((fields) => subqueryOf(fields, key === 'optimized_away_subqueries' ? 0 : runs, rows)),
  )
  return { ...content, children: [...content.children, ...subqueries] }
}

/** `INSERT … SELECT` has its target as a table beside where the rows come from. */
function changing(block: Fields, content: PlanDraft): PlanDraft {
  const target = fieldsOf(block.table)
  if (block.insert_from === undefined || target === undefined) return modifying(content)
  const operation = target.replace === true ? 'replace' : 'insert'
  const relation = textOf(target.table_name)
  const children = [{ ...content, parentRelationship: 'outer' as const }]
  return {
    op: 'modify-table',
    nodeType: operation.toUpperCase(),
    operation,
    ...defined({ relation }),
    runs: 1,
    children,
  }
}

/** What the block costs beyond what is said of its tables: semi-joins and tables of one row are counted only there. */
function withRest(block: Fields, content: PlanDraft, runs: number): PlanDraft {
  const whole = numberOf(fieldsOf(block.cost_info)?.query_cost)
  const rest = whole === undefined ? 0 : whole * runs - told(content)
  return rest <= 0.01 * runs ? content : { ...content, ownCost: (content.ownCost ?? 0) + rest }
}

function told({ ownCost = 0, source, children }: PlanDraft): number {
  const counted = children.filter(({ parentRelationship: as }) => {
    if (as === 'subquery') return source?.startsWith('<subquery') === true
    return as === 'outer' || as === 'inner' || as === 'member'
  })
  return counted.reduce((sum, child) => sum + told(child), ownCost)
}

function contentOf(fields: Fields, runs: number): PlanDraft | undefined {
  const parts = fields.insert_from === undefined ? fields : { insert_from: fields.insert_from }
  const found = Object.entries(parts).flatMap(([key, value]) => partOf(key, value, runs) ?? [])
  const [first, ...others] = found
  if (first === undefined) return undefined
  return {
    ...first,
    children: [...first.children, ...others.map((other) => ({ ...other, parentRelationship: 'subquery' as const }))],
  }
}

function partOf(key: string, value: unknown, runs: number): PlanDraft | undefined {
  if (apart.has(key)) return undefined
  if (key === 'nested_loop') return joinOf(listOf(value), runs)
  const fields = fieldsOf(value)
  if (fields === undefined) return undefined
  if (key === 'table') return tableOf(fields, runs, 0, 1)
  if (key === 'query_block') return blockOf(fields, runs)
  if (key === 'insert_from') return contentOf(fields, runs)
  if (sets.includes(key)) return setOf(key, fields, runs)
  const wrapper = entryOf(wrappers, key)
  const content = contentOf(fields, runs)
  if (content === undefined) return undefined
  return wrapper === undefined
    ? above({ op: 'other', nodeType: key }, content, runs)
    : workOf(key, wrapper, fields, content, runs)
}

function above(node: Omit<PlanDraft, 'children'>, content: PlanDraft, runs: number): PlanDraft {
  const { planRows } = content
  return { ...defined({ planRows }), ...node, runs, children: [{ ...content, parentRelationship: 'outer' }] }
}

function workOf(
  key: string,
  { op }: Pick<PlanDraft, 'op'>,
  fields: Fields,
  content: PlanDraft,
  runs: number,
): PlanDraft {
  const windows = listOf(fields.windows ?? [])
  const isSorted = [fields, ...windows].some((part) => part.using_filesort === true)
  const isStored = [fields, ...windows].some((part) => part.using_temporary_table === true)
  const keys = windows.flatMap((window) => textsOf(window.filesort_key) ?? [])
  const cost = numberOf(fieldsOf(fields.cost_info)?.sort_cost)
  const notes = [...(isSorted ? ['filesort'] : []), ...(isStored ? ['temporary table'] : [])]
  // Rows that come in the order of an index are not sorted.
  if (op === 'sort' && notes.length === 0) return { ...content, notes: [...(content.notes ?? []), 'ordered by index'] }
  const node = {
    op,
    nodeType: key,
    ...defined({
      ownCost: cost === undefined ? undefined : cost * runs,
      sortKey: keys.length === 0 ? undefined : keys.flatMap((text) => splitList(text) ?? []),
      notes: notes.length === 0 ? undefined : notes,
    }),
  }
  return above(node, content, runs)
}

function setOf(key: string, fields: Fields, runs: number): PlanDraft {
  const members = listOf(fields.query_specifications ?? []).flatMap((member) => contentOf(member, runs) ?? [])
  const notes = [
    ...(fields.using_temporary_table === true ? ['temporary table'] : []),
    ...(fields.using_filesort === true ? ['filesort'] : []),
  ]
  return {
    op: 'union',
    nodeType: key,
    runs,
    ...defined({ source: textOf(fields.table_name), notes: notes.length === 0 ? undefined : notes }),
    children: members.map((member) => ({ ...member, parentRelationship: 'member' })),
  }
}

/** Tables in the order they are read; their costs and rows add up from the first to the last. */
function joinOf(members: readonly Fields[], runs: number): PlanDraft | undefined {
  let whole: PlanDraft | undefined
  let prefix = 0
  let rows = 1
  for (const member of members) {
    const fields = fieldsOf(member.table) ?? {}
    const table = tableOf(fields, runs, prefix, rows)
    const produced = numberOf(fields.rows_produced_per_join)
    whole = whole === undefined ? table : { ...joinedTo(whole, table), runs, ...defined({ planRows: produced }) }
    prefix = numberOf(fieldsOf(fields.cost_info)?.prefix_cost) ?? prefix
    rows = produced ?? rows
  }
  return whole
}

/** The condition of an outer join, or one that rows in a join buffer are compared by, stands at its table. */
function joinedTo(outer: PlanDraft, table: PlanDraft): PlanDraft {
  const isJoinCondition = isOuterCondition(table.filter) || table.notes?.some((note) => note.startsWith('join buffer'))
  if (table.filter === undefined || !isJoinCondition) return joined(outer, table)
  const { filter, ...rest } = table
  return joined(outer, { ...rest, joinFilter: filter })
}

/** @param before what the tables before it cost, for one run of the block. @param outerRows rows of those. */
function tableOf(fields: Fields, runs: number, before: number, outerRows: number): PlanDraft {
  const table = mysqlTable(fields)
  const prefix = numberOf(fieldsOf(fields.cost_info)?.prefix_cost)
  const loops = runs * Math.max(1, outerRows)
  const estimates = estimatedRows(numberOf(fields.rows_examined_per_scan), fields.filtered)
  const attached = listOf(fields.attached_subqueries ?? []).map((subquery) =>
    subqueryOf(subquery, loops, Math.max(1, estimates.rowsExamined ?? 1)),
  )
  const made = madeFrom(fields)
  const source = made === undefined ? undefined : sourceOf(made, runs, loops)
  return {
    ...table,
    ...estimates,
    ...(source === undefined ? {} : { op: 'subquery-scan' as const }),
    ...defined({ ownCost: prefix === undefined ? undefined : Math.max(0, prefix - before) * runs }),
    runs: loops,
    children: [...(source === undefined ? [] : [source]), ...attached],
  }
}

/** Made once, or again for each row around it. */
function sourceOf(fields: Fields, runs: number, loops: number): PlanDraft {
  const times = fields.dependent === true && fields.cacheable === true ? loops : runs
  const content = contentOf(fields, times)
  const node: PlanDraft = {
    op: 'materialize',
    nodeType: 'materialized_from_subquery',
    parentRelationship: 'subquery',
    runs: times,
    children: content === undefined ? [] : [{ ...content, parentRelationship: 'outer' }],
  }
  return fields.using_temporary_table === true ? { ...node, notes: ['temporary table'] } : node
}

function subqueryOf(fields: Fields, runs: number, rows: number): PlanDraft {
  const correlated = fields.dependent === true
  const content = contentOf(fields, correlated ? runs * rows : Math.min(runs, 1)) ?? emptyBlock(fields)
  const hashed = content.source === '<materialized_subquery>'
  const id = numberOf(fieldsOf(fields.query_block)?.select_id)
  return {
    ...content,
    parentRelationship: correlated || hashed ? 'subplan' : 'initplan',
    subplanName: id === undefined ? 'subquery' : `select #${id}`,
    ...(correlated ? { correlated } : {}),
    ...(hashed && !correlated ? { hashed } : {}),
  }
}
