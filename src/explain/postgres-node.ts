import type { Op, ParentRelationship, PlanNode } from '../model/plan.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined, entryOf, type Fields, listOf, numberOf, textOf, textsOf } from './plan-fields.ts'
import { memoryOf } from './postgres-memory.ts'

const ops: Readonly<Record<string, Op>> = {
  'Seq Scan': 'seq-scan',
  'Sample Scan': 'seq-scan',
  'Tid Scan': 'index-lookup',
  'Tid Range Scan': 'index-range-scan',
  'Index Scan': 'index-scan',
  'Index Only Scan': 'index-only-scan',
  'Bitmap Heap Scan': 'bitmap-heap-scan',
  'Bitmap Index Scan': 'bitmap-index-scan',
  BitmapAnd: 'index-merge',
  BitmapOr: 'index-merge',
  'Nested Loop': 'nested-loop',
  'Hash Join': 'hash-join',
  'Merge Join': 'merge-join',
  Hash: 'hash',
  Sort: 'sort',
  'Incremental Sort': 'incremental-sort',
  Aggregate: 'aggregate',
  GroupAggregate: 'aggregate',
  HashAggregate: 'aggregate',
  Group: 'group',
  Unique: 'distinct',
  WindowAgg: 'window',
  Limit: 'limit',
  Materialize: 'materialize',
  Memoize: 'memoize',
  Append: 'append',
  'Merge Append': 'append',
  'Recursive Union': 'union',
  SetOp: 'union',
  Gather: 'gather',
  'Gather Merge': 'gather',
  'CTE Scan': 'cte-scan',
  'WorkTable Scan': 'cte-scan',
  'Named Tuplestore Scan': 'cte-scan',
  'Subquery Scan': 'subquery-scan',
  'Function Scan': 'function-scan',
  'Table Function Scan': 'function-scan',
  ProjectSet: 'function-scan',
  'Values Scan': 'values',
  ModifyTable: 'modify-table',
  LockRows: 'lock-rows',
  Result: 'result',
}

const relationships: Readonly<Record<string, ParentRelationship>> = {
  Outer: 'outer',
  Inner: 'inner',
  Member: 'member',
  SubPlan: 'subplan',
  InitPlan: 'initplan',
  Subquery: 'subquery',
}

const joinTypes: Readonly<Record<string, NonNullable<PlanNode['joinType']>>> = {
  Inner: 'inner',
  Left: 'left',
  Right: 'right',
  Full: 'full',
  Semi: 'semi',
  Anti: 'anti',
  'Right Semi': 'semi',
  'Right Anti': 'anti',
}

/** Fields in which an expression may stand that reads the result of an InitPlan. */
const expressions = [
  'Output',
  'Filter',
  'One-Time Filter',
  'Index Cond',
  'Recheck Cond',
  'Order By',
  'TID Cond',
  'Join Filter',
  'Hash Cond',
  'Merge Cond',
  'Cache Key',
  'Sort Key',
  'Group Key',
  'Function Call',
  'Run Condition',
]

const strategies: Readonly<Record<string, NonNullable<PlanNode['strategy']>>> = {
  Plain: 'plain',
  Sorted: 'sorted',
  Hashed: 'hashed',
  Mixed: 'mixed',
}

const stages: Readonly<Record<string, NonNullable<PlanNode['stage']>>> = { Partial: 'partial', Finalize: 'finalize' }

/** Reads a node and all below it; a node type that is not known becomes `other`. */
export function postgresNode(fields: Fields, parent?: Fields): PlanDraft {
  const nodeType = textOf(fields['Node Type']) ?? '?'
  return {
    op: entryOf(ops, nodeType) ?? 'other',
    nodeType,
    ...placeOf(fields, parent),
    ...accessOf(fields),
    ...joinOf(fields),
    ...estimatesOf(fields),
    ...actualsOf(fields),
    ...memoryOf(fields),
    mentions: mentionsOf(fields),
    children: listOf(fields.Plans).map((child) => postgresNode(child, fields)),
  }
}

function mentionsOf(fields: Fields): string[] {
  const cte = textOf(fields['CTE Name'])
  return [...expressions.flatMap((name) => textsOf(fields[name]) ?? []), ...(cte === undefined ? [] : [`CTE ${cte}`])]
}

function placeOf(fields: Fields, parent: Fields | undefined): Partial<PlanDraft> {
  const parentRelationship = entryOf(relationships, fields['Parent Relationship'])
  const subplanName = textOf(fields['Subplan Name'])
  const isSubplan = parentRelationship === 'subplan'
  const hashed = isSubplan && parent !== undefined && isHashed(subplanName ?? '', parent)
  return defined({
    parentRelationship,
    subplanName,
    correlated: isSubplan && !hashed ? true : undefined,
    hashed: hashed ? true : undefined,
  })
}

/** PostgreSQL says it where the subplan is used: `(hashed SubPlan 1)`. */
function isHashed(name: string, parent: Fields): boolean {
  const texts = expressions.flatMap((field) => textsOf(parent[field]) ?? [])
  return (
    name !== '' &&
    texts.some((text) =>
      text
        .split(`hashed ${name}`)
        .slice(1)
        .some((rest) => !/^\d/.test(rest)),
    )
  )
}

function accessOf(fields: Fields): Partial<PlanDraft> {
  const nodeType = fields['Node Type']
  const direction = textOf(fields['Scan Direction'])
  const filters = [textOf(fields['One-Time Filter']), textOf(fields['TID Cond']), textOf(fields.Filter)]
  return defined({
    schema: textOf(fields.Schema),
    relation: textOf(fields['Relation Name']),
    alias: textOf(fields.Alias),
    source: textOf(fields['CTE Name']) ?? textOf(fields['Function Name']) ?? textOf(fields['Tuplestore Name']),
    index: textOf(fields['Index Name']),
    indexCond: textOf(fields['Index Cond']),
    recheckCond: textOf(fields['Recheck Cond']),
    filter: filters.filter((filter) => filter !== undefined).join(' AND ') || undefined,
    sortKey: textsOf(fields['Sort Key']),
    groupKey: textsOf(fields['Group Key']),
    scanDirection: direction === 'Forward' ? 'forward' : direction === 'Backward' ? 'backward' : undefined,
    covering: nodeType === 'Index Only Scan' ? true : undefined,
    output: textsOf(fields.Output),
    operation: nodeType === 'ModifyTable' ? textOf(fields.Operation)?.toLowerCase() : undefined,
    strategy: entryOf(strategies, fields.Strategy),
    stage: entryOf(stages, fields['Partial Mode']),
    isParallel: fields['Parallel Aware'] === true ? true : undefined,
    subplansRemoved: numberOf(fields['Subplans Removed']) || undefined,
    notes: notesOf(fields),
  })
}

function notesOf(fields: Fields): string[] | undefined {
  const storage = textOf(fields.Storage)
  const presorted = textsOf(fields['Presorted Key'])
  const notes = [
    ...(fields.Disabled === true ? ['disabled'] : []),
    ...(presorted === undefined ? [] : [`presorted by ${presorted.join(', ')}`]),
    ...(storage === 'Disk' ? ['stored on disk'] : []),
  ]
  return notes.length === 0 ? undefined : notes
}

function joinOf(fields: Fields): Partial<PlanDraft> {
  return defined({
    joinType: entryOf(joinTypes, fields['Join Type']),
    joinCond: textOf(fields['Hash Cond']) ?? textOf(fields['Merge Cond']) ?? textOf(fields['Cache Key']),
    joinFilter: textOf(fields['Join Filter']),
  })
}

function estimatesOf(fields: Fields): Partial<PlanDraft> {
  const totalCost = numberOf(fields['Total Cost'])
  const planned = numberOf(fields['Workers Planned'])
  const launched = numberOf(fields['Workers Launched'])
  return defined({
    startupCost: numberOf(fields['Startup Cost']),
    totalCost,
    costUnit: totalCost === undefined ? undefined : ('pg' as const),
    planRows: numberOf(fields['Plan Rows']),
    planWidth: numberOf(fields['Plan Width']),
    workers: planned === undefined ? undefined : { planned, ...defined({ launched }) },
  })
}

/** What is not of the workers is of their leader. */
function clockTimeOf(fields: Fields): number | undefined {
  const total = totalTimeOf(fields)
  const workers = listOf(fields.Workers ?? []).flatMap((worker) => totalTimeOf(worker) ?? [])
  if (total === undefined || workers.length === 0) return undefined
  return Math.max(total - workers.reduce((sum, time) => sum + time, 0), ...workers)
}

function totalTimeOf(fields: Fields): number | undefined {
  const time = numberOf(fields['Actual Total Time'])
  return time === undefined ? undefined : time * (numberOf(fields['Actual Loops']) ?? 1)
}

function actualsOf(fields: Fields): Partial<PlanDraft> {
  const loops = numberOf(fields['Actual Loops'])
  if (loops === undefined) return {}
  const buffers = defined({
    sharedHit: numberOf(fields['Shared Hit Blocks']),
    sharedRead: numberOf(fields['Shared Read Blocks']),
    tempRead: numberOf(fields['Temp Read Blocks']),
    tempWritten: numberOf(fields['Temp Written Blocks']),
  })
  return defined({
    actualRows: numberOf(fields['Actual Rows']),
    loops,
    clockTime: clockTimeOf(fields),
    actualTotalTime: numberOf(fields['Actual Total Time']),
    neverExecuted: loops === 0 ? true : undefined,
    rowsRemovedByFilter: numberOf(fields['Rows Removed by Filter']),
    rowsRemovedByJoinFilter: numberOf(fields['Rows Removed by Join Filter']),
    rowsRemovedByIndexRecheck: numberOf(fields['Rows Removed by Index Recheck']),
    heapFetches: numberOf(fields['Heap Fetches']),
    exactHeapBlocks: numberOf(fields['Exact Heap Blocks']),
    lossyHeapBlocks: numberOf(fields['Lossy Heap Blocks']),
    buffers: Object.keys(buffers).length === 0 ? undefined : buffers,
  })
}
