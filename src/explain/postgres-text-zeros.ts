import type { TextFields } from './postgres-text-header.ts'

const RECHECKED: Readonly<Record<string, string>> = {
  'Index Scan': 'Index Cond',
  'Index Only Scan': 'Index Cond',
  'Bitmap Heap Scan': 'Recheck Cond',
}

/** Puts back what the text format leaves out and JSON has: counts that are 0, and times of nodes that never ran. */
export function withZeros(root: TextFields, isBuffered: boolean): void {
  const isTimed = root['Actual Total Time'] !== undefined
  if (root['Actual Loops'] === undefined) return
  for (const node of nodesIn(root)) {
    const put = (name: string, value: unknown = 0): void => {
      node[name] ??= value
    }
    if (isTimed) put('Actual Startup Time')
    if (isTimed) put('Actual Total Time')
    if (node.Filter !== undefined) put('Rows Removed by Filter')
    if (node['Join Filter'] !== undefined) put('Rows Removed by Join Filter')
    const type = String(node['Node Type'])
    const condition = Object.hasOwn(RECHECKED, type) ? RECHECKED[type] : undefined
    if (condition !== undefined && node[condition] !== undefined) put('Rows Removed by Index Recheck')
    if (type === 'Bitmap Heap Scan') put('Exact Heap Blocks')
    if (type === 'Bitmap Heap Scan') put('Lossy Heap Blocks')
    if (!isBuffered) continue
    for (const kind of ['Shared Hit', 'Shared Read', 'Temp Read', 'Temp Written']) put(`${kind} Blocks`)
  }
}

/** Every node, with those below it. */
export function nodesIn(node: TextFields): TextFields[] {
  return [node, ...((node.Plans ?? []) as TextFields[]).flatMap(nodesIn)]
}
