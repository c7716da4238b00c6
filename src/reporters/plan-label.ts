import type { PlanNode } from '../model/plan.ts'
import { printable } from './layout.ts'
import { formatCount } from './quantity.ts'

/** A step of a plan in the words of its engine, with what it works on: `Index Scan using orders_pkey on orders o`. */
export function labelOf(node: PlanNode): string {
  const name = printable(node.subplanName ?? '')
  const words = printable(wordsOf(node))
  if (name === '' || words.startsWith(name)) return words
  return `${name}: ${words}`
}

function wordsOf(node: PlanNode): string {
  const { relation, source, alias, index, nodeType, limit, op } = node
  if (op === 'modify-table') return [changeOf(node), relation].filter(Boolean).join(' ')
  if (op === 'limit') return [nodeType.replace(/\/Offset$/, ''), ...limitOf(limit)].join(' ')
  const read = relation ?? source
  const target = [read, ...(alias === undefined || alias === read ? [] : [alias])].filter(Boolean).join(' ')
  const using = indexWords(node)
  const typed = typeOf(node)
  // PostgreSQL names the index first, the others the table.
  if (nodeType === 'Bitmap Index Scan') return `${typed} on ${index ?? '?'}`
  if (isPostgresIndexScan(nodeType))
    return [typed, using, target === '' ? '' : `on ${target}`].filter(Boolean).join(' ')
  const isPlain = op === 'materialize' || /^(?:SCAN|SEARCH|CO-ROUTINE)$/.test(nodeType)
  const on = target === '' || isPlain ? target : `on ${target}`
  return [typed, on, using].filter(Boolean).join(' ')
}

function isPostgresIndexScan(nodeType: string): boolean {
  return nodeType === 'Index Scan' || nodeType === 'Index Only Scan'
}

function indexWords({ index, nodeType, keyParts, covering }: PlanNode): string {
  if (index === undefined) return ''
  const isUntold = covering === true && !/covering|index only/i.test(nodeType)
  const parts = keyParts === undefined ? '' : ` (${keyParts.join(', ')})`
  return `using ${isUntold ? 'covering ' : ''}${index}${parts}`
}

function changeOf({ operation, nodeType }: PlanNode): string {
  const verb = operation === undefined ? nodeType : operation.charAt(0).toUpperCase() + operation.slice(1)
  return operation === 'insert' || operation === 'replace' ? `${verb} into` : `${verb} on`
}

function limitOf(limit: PlanNode['limit']): string[] {
  return [
    ...(limit?.count === undefined ? [] : [formatCount(limit.count)]),
    ...(limit?.offset === undefined ? [] : [`offset ${formatCount(limit.offset)}`]),
  ]
}

const aggregates: Readonly<Record<NonNullable<PlanNode['strategy']>, string>> = {
  plain: 'Aggregate',
  sorted: 'GroupAggregate',
  hashed: 'HashAggregate',
  mixed: 'MixedAggregate',
}

/** The kind of a node as PostgreSQL's text format says it: `Parallel Seq Scan`, `Hash Left Join`, `Partial HashAggregate`. */
function typeOf({ nodeType, strategy, stage, isParallel, joinType, scanDirection, op }: PlanNode): string {
  let type = nodeType
  if (type === 'Aggregate' && strategy !== undefined) type = aggregates[strategy]
  if (joinType !== undefined && joinType !== 'inner' && op !== 'seq-scan') type = joinWords(type, joinType)
  if (scanDirection === 'backward') type = isPostgresIndexScan(type) ? `${type} Backward` : `${type} (backward)`
  if (stage !== undefined) type = `${stage === 'partial' ? 'Partial' : 'Finalize'} ${type}`
  return isParallel === true ? `Parallel ${type}` : type
}

function joinWords(type: string, joinType: string): string {
  const words = joinType.charAt(0).toUpperCase() + joinType.slice(1)
  if (/^(?:Hash|Merge) Join$/.test(type)) return type.replace(' Join', ` ${words} Join`)
  if (type === 'Nested Loop') return `${type} ${words} Join`
  // Words of MySQL have it in them.
  return new RegExp(joinType, 'i').test(type) || !/loop|join/i.test(type) ? type : `${type}, ${joinType}`
}
