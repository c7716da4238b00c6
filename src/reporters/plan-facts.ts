import type { PlanNode } from '../model/plan.ts'
import { printable } from './layout.ts'
import { formatCount, formatDuration } from './quantity.ts'

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** Rows that a node was expected to give, and those it gave, per loop: `5,986 → 9 rows`, `6 → 5.98 rows × 200`. */
export function rowsOf(node: PlanNode): string {
  const { planRows, rowsExamined, actualRows, loops, neverExecuted } = node
  if (neverExecuted === true) return 'never executed'
  const estimated = planRows === undefined ? undefined : formatAmount(planRows)
  if (actualRows === undefined) {
    if (estimated === undefined) return ''
    const isFiltered = rowsExamined !== undefined && Math.round(rowsExamined) > Math.round(planRows ?? 0)
    return `~${estimated}${isFiltered ? ` of ${formatAmount(rowsExamined)}` : ''} ${noun(planRows ?? 0)}`
  }
  const given = `${formatAmount(actualRows)} ${noun(actualRows)}`
  const repeated = loops === undefined || loops === 1 ? '' : ` × ${formatAmount(loops)}`
  return `${estimated === undefined ? '' : `${estimated} → `}${given}${repeated}`
}

function noun(rows: number): string {
  return rows === 1 ? 'row' : 'rows'
}

/** Estimate and truth are this far apart; from 10 on it is worth a colour. */
export function misestimateOf({ planRows, actualRows, loops, neverExecuted }: PlanNode): number {
  if (planRows === undefined || actualRows === undefined || loops === undefined || neverExecuted === true) return 1
  const [low, high] = [Math.max(1, Math.min(planRows, actualRows)), Math.max(1, planRows, actualRows)]
  return high / low
}

/** What a node says beside its rows: conditions with the rows they removed, sort and hash, notes; a line each. */
export function detailsOf(node: PlanNode): string[] {
  const lines = [
    ...condition('Index Cond', node.indexCond),
    ...condition('Recheck Cond', node.recheckCond, removed(node, node.rowsRemovedByIndexRecheck)),
    ...condition('Filter', node.filter, removed(node, node.rowsRemovedByFilter)),
    ...condition(node.op === 'memoize' ? 'Cache Key' : 'Join Cond', node.joinCond),
    ...condition('Join Filter', node.joinFilter, removed(node, node.rowsRemovedByJoinFilter)),
    ...condition('Sort Key', node.sortKey?.join(', '), sortOf(node.sort)),
    ...condition('Group Key', node.groupKey?.join(', ')),
    ...(node.sortKey === undefined && node.sort !== undefined ? [sortOf(node.sort)] : []),
    ...[asidesOf(node).join(' · ')].filter((text) => text !== ''),
  ]
  return lines.map(printable)
}

function condition(name: string, text: string | undefined, aside = ''): string[] {
  if (text === undefined || text === '') return []
  return [`${name}: ${aside === '' ? '' : `${aside} by `}${text}`]
}

function removed({ loops = 1 }: PlanNode, perLoop: number | undefined): string {
  const rows = Math.round((perLoop ?? 0) * loops)
  return rows === 0 ? '' : `${formatAmount(rows)} ${noun(rows)} removed`
}

function sortOf(sort: PlanNode['sort']): string {
  if (sort === undefined) return ''
  const space = sort.spaceKb === undefined ? '' : `, ${formatKb(sort.spaceKb)} ${sort.disk ? 'on disk' : 'in memory'}`
  return `${sort.method}${space === '' && sort.disk ? ', on disk' : space}`
}

function asidesOf(node: PlanNode): string[] {
  const { hash, workers, heapFetches, lossyHeapBlocks, subplansRemoved, partitions, notes = [] } = node
  const batches = hash !== undefined && (hash.batches > 1 || hash.diskKb !== undefined)
  return [
    ...(batches
      ? [`${hash.batches} batches${hash.diskKb === undefined ? '' : `, ${formatKb(hash.diskKb)} on disk`}`]
      : []),
    ...(workers === undefined ? [] : [workersOf(workers)]),
    ...(heapFetches === undefined || heapFetches === 0 ? [] : [`${formatAmount(heapFetches)} heap fetches`]),
    ...(lossyHeapBlocks === undefined || lossyHeapBlocks === 0
      ? []
      : [`${formatAmount(lossyHeapBlocks)} lossy blocks`]),
    ...(subplansRemoved === undefined ? [] : [`${subplansRemoved} subplans removed`]),
    ...(partitions === undefined ? [] : [`partitions ${partitions.join(', ')}`]),
    ...notes.filter((note) => !(node.op === 'sort' && note === 'filesort')),
  ]
}

function workersOf({ planned, launched }: NonNullable<PlanNode['workers']>): string {
  return launched === undefined ? `${planned} workers` : `${launched} of ${planned} workers`
}

function formatKb(kb: number): string {
  return kb < 1024 ? `${formatCount(kb)} kB` : `${(kb / 1024).toFixed(1)} MB`
}

/** `5.98`, `59,994`, `2.5M`. */
export function formatAmount(amount: number): string {
  if (amount >= 1e7) return compact.format(amount)
  return amount < 10 && !Number.isInteger(amount) ? String(Number(amount.toFixed(2))) : formatCount(amount)
}

/** What a node takes for itself, and its part of the whole plan: by time where that was measured, else by cost. */
export function ownPartOf(node: PlanNode, whole: PlanWhole): { readonly text: string; readonly share?: number } {
  const { timeMs, cost } = node.self
  if (whole.timeMs > 0) {
    if (timeMs === undefined) return { text: '' }
    return { text: formatDuration(timeMs), share: timeMs / whole.timeMs }
  }
  return whole.cost > 0 && cost !== undefined ? { text: '', share: cost / whole.cost } : { text: '' }
}

/** Sum of what all nodes of a plan take for themselves. */
export interface PlanWhole {
  readonly timeMs: number
  readonly cost: number
}

export function wholeOf(nodes: readonly PlanNode[]): PlanWhole {
  return {
    timeMs: nodes.reduce((sum, { self }) => sum + (self.timeMs ?? 0), 0),
    cost: nodes.reduce((sum, { self }) => sum + (self.cost ?? 0), 0),
  }
}
