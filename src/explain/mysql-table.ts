import type { Op } from '../model/plan.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined, entryOf, type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './plan-fields.ts'

const ops: Readonly<Record<string, Op>> = {
  all: 'seq-scan',
  index: 'index-full-scan',
  range: 'index-range-scan',
  ref: 'index-lookup',
  ref_or_null: 'index-lookup',
  eq_ref: 'index-lookup',
  unique_subquery: 'index-lookup',
  index_subquery: 'index-lookup',
  fulltext: 'index-lookup',
  const: 'const',
  system: 'const',
  index_merge: 'index-merge',
}

/** What MySQL and MariaDB say of a table beside how they read it, and its words here. */
const remarks: Readonly<Record<string, string>> = {
  using_join_buffer: 'join buffer',
  using_MRR: 'multi-range read',
  mrr_type: 'multi-range read',
  using_index_for_group_by: 'index for group by',
  using_index_for_skip_scan: 'skip scan',
  range_checked_for_each_record: 'range checked for each record',
  'range-checked-for-each-record': 'range checked for each record',
  rowid_filter: 'rowid filter',
  not_exists: 'not exists',
  distinct: 'distinct',
  first_match: 'first match',
  loosescan: 'loose scan',
  pushed_condition: 'pushed condition',
}

/** A `table` of EXPLAIN FORMAT=JSON, as version 1 of MySQL's and MariaDB's have it; without its rows, cost and subqueries. */
export function mysqlTable(fields: Fields): PlanDraft {
  const message = textOf(fields.message)
  const name = textOf(fields.table_name)
  const accessType = textOf(fields.access_type)
  // `<derived2>`, `<subquery3>` and `<union1,2>` are no tables.
  const isMade = name?.startsWith('<') === true || madeFrom(fields) !== undefined
  return {
    op: accessType === undefined ? 'result' : opOf(accessType),
    nodeType: accessType ?? message ?? 'table',
    ...defined({
      relation: isMade ? undefined : name,
      source: isMade ? name : undefined,
      index: textOf(fields.key) ?? mergedIndexes(fields.index_merge),
      indexCond: textOf(fields.index_condition),
      filter: textOf(fields.attached_condition),
      // A scan of the whole index looks nothing up by its parts.
      keyParts: accessType === 'index' ? undefined : textsOf(fields.used_key_parts),
      keyRefs: textsOf(fields.ref),
      possibleKeys: textsOf(fields.possible_keys),
      partitions: textsOf(fields.partitions),
      covering: fields.using_index === true || fields.using_index === 1 ? true : undefined,
      scanDirection: fields.backward_index_scan === true ? ('backward' as const) : undefined,
      joinType: joinTypeOf(fields),
      notes: notesOf(fields),
      operation: operationOf(fields),
    }),
    children: [],
  }
}

/** What makes the rows of a derived table, of a CTE or of a subquery that is kept. */
export function madeFrom(fields: Fields): Fields | undefined {
  return fieldsOf(fields.materialized_from_subquery) ?? fieldsOf(fields.materialized)
}

function opOf(accessType: string): Op {
  // MariaDB writes `ref|filter` and `hash_ALL`.
  const plain = accessType
    .toLowerCase()
    .replace(/\|.*$/, '')
    .replace(/^hash_/, '')
  return entryOf(ops, plain) ?? 'other'
}

function joinTypeOf(fields: Fields): PlanDraft['joinType'] {
  if (fields.not_exists === true || fields.not_exists === 1) return 'anti'
  if (isOuterCondition(textOf(fields.attached_condition))) return 'left'
  return fields.first_match === undefined && fields.loosescan === undefined ? undefined : 'semi'
}

/** Conditions of outer joins are switched on and off by a trigger: `trigcond(b.k = a.v)`, `<if>(is_not_null_compl(b), …)`. */
export function isOuterCondition(condition = ''): boolean {
  return /\btrigcond(?:_if)?\(|<if>\(is_not_null_compl/.test(condition)
}

function notesOf(fields: Fields): string[] | undefined {
  const notes = Object.entries(remarks).flatMap(([field, words]) => {
    const value = fields[field]
    if (value === undefined || value === false || value === null) return []
    return typeof value === 'string' ? [`${words} (${value})`] : [words]
  })
  return notes.length === 0 ? undefined : notes
}

/** Names of the indexes that MariaDB merges: `{ union: [{ range: { key } }] }`. */
function mergedIndexes(merge: unknown): string | undefined {
  const inside = (value: unknown): string[] => {
    const fields = fieldsOf(value)
    if (Array.isArray(value)) return value.flatMap(inside)
    if (fields === undefined) return []
    return [
      ...(textOf(fields.key) === undefined ? [] : [fields.key as string]),
      ...Object.values(fields).flatMap(inside),
    ]
  }
  return inside(merge).join(', ') || undefined
}

/** Rows that are estimated to be read, and to be left by the filter; per loop. */
export function estimatedRows(
  examined: number | undefined,
  filtered: unknown,
): Pick<PlanDraft, 'planRows' | 'rowsExamined'> {
  if (examined === undefined) return {}
  return { planRows: (examined * (numberOf(filtered) ?? 100)) / 100, rowsExamined: examined }
}

/** A table joined to what comes before it; MySQL lists the tables of a join in the order they are read. */
export function joined(outer: PlanDraft, inner: PlanDraft): PlanDraft {
  const { joinFilter, joinCond, joinedRows: _, ...table } = inner
  const isHash = inner.notes?.some((note) => /hash|BNLH|BKAH/.test(note)) === true
  return {
    op: isHash ? 'hash-join' : 'nested-loop',
    nodeType: isHash ? 'hash join' : 'nested loop',
    joinType: inner.joinType ?? 'inner',
    ...defined({ joinFilter, joinCond }),
    children: [
      { ...outer, parentRelationship: 'outer' },
      { ...table, parentRelationship: 'inner' },
    ],
  }
}

/** Operation of a statement that changes the table. */
function operationOf(fields: Fields): string | undefined {
  return ['update', 'delete', 'insert', 'replace'].find((name) => fields[name] === true || fields[name] === 1)
}

/** The node that changes rows, above the ones that find them; the table that is changed may be any of a join. */
export function modifying(found: PlanDraft): PlanDraft {
  const { changed, rest } = withoutOperation(found)
  if (changed?.operation === undefined) return found
  const { operation, relation } = changed
  const { runs } = found
  const children = [{ ...rest, parentRelationship: 'outer' as const }]
  return { op: 'modify-table', nodeType: operation.toUpperCase(), operation, ...defined({ relation, runs }), children }
}

function withoutOperation(draft: PlanDraft): { readonly changed?: PlanDraft; readonly rest: PlanDraft } {
  const { operation, ...rest } = draft
  if (operation !== undefined && draft.op !== 'modify-table') return { changed: draft, rest }
  for (const [index, child] of draft.children.entries()) {
    if (child.parentRelationship !== 'outer' && child.parentRelationship !== 'inner') continue
    const inside = withoutOperation(child)
    if (inside.changed === undefined) continue
    return { changed: inside.changed, rest: { ...draft, children: draft.children.with(index, inside.rest) } }
  }
  return { rest: draft }
}

/** A query block that reads nothing says why: `Impossible WHERE`. */
export function emptyBlock(block: Fields): PlanDraft {
  const message = textOf(block.message) ?? listOf(block.table).map((table) => textOf(table.message))[0]
  return { op: 'result', nodeType: message ?? 'query block', children: [] }
}
