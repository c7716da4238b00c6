import { classOf, WORD } from './byte-class.ts'
import { endOfWord } from './word-bytes.ts'

/** Where a placeholder of Python's drivers ends, `%(name)s` or `%s`, or 0 where none begins at `at`. */
export function endOfPercentPlaceholder(codes: Uint8Array, length: number, at: number, words: Uint8Array): number {
  const next = codes[at + 1] as number
  if (next === 40) {
    let close = at + 2
    while (close < length && codes[close] !== 41 && codes[close] !== 40) close++
    const last = codes[close + 1] as number
    if (codes[close] === 41 && classOf[last] === WORD) return close + 2
  }
  // %s, and %b and %t of psycopg 3
  const isLetter = next === 115 || next === 98 || next === 116
  return isLetter && endOfWord(codes, words, at + 1) === at + 2 ? at + 2 : 0
}
