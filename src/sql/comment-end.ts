import type { Dialect } from '../model/statement.ts'
import { classOf, DIGIT } from './byte-class.ts'

/** Where the line ends that holds `from`. */
export function endOfLine(codes: Uint8Array, length: number, from: number): number {
  let at = from
  while (at < length && codes[at] !== 10 && codes[at] !== 13) at++
  return at
}

/** Where the comment ends that begins at `start`; in PostgreSQL and T-SQL comments nest. */
export function endOfComment(codes: Uint8Array, length: number, start: number, dialect: Dialect): number {
  const nests = dialect === 'postgresql' || dialect === 'mssql'
  let depth = 1
  let at = start + 2
  while (at < length) {
    if (codes[at] === 42 && codes[at + 1] === 47) {
      at += 2
      depth--
      if (depth === 0) return at
    } else if (nests && codes[at] === 47 && codes[at + 1] === 42) {
      at += 2
      depth++
    } else {
      at++
    }
  }
  return length
}

/**
 * Where the text begins of a comment that MySQL executes, `/*!40101 … *\/` (in MariaDB also `/*M! … *\/`), or 0 where the
 * comment at `start` is none: such a text belongs to the statement.
 */
export function startOfExecuted(codes: Uint8Array, start: number): number {
  const mark = codes[start + 2] === 77 ? start + 3 : start + 2
  if (codes[mark] !== 33) return 0
  let at = mark + 1
  while (classOf[codes[at] as number] === DIGIT) at++
  return at
}
