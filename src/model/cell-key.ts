import type { Cell } from './trace.ts'

/** Text that is equal for equal cells. */
export function cellKey(cell: Cell): string {
  return typeof cell === 'number' ? String(cell) : `[${cell.join(' ')}]`
}
