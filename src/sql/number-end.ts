import { classOf, DIGIT } from './byte-class.ts'
import { endOfWord } from './word-bytes.ts'

/**
 * Where a number ends that begins at `start`, with or without a fraction and an exponent, or in another base.
 *
 * @param canBeName whether a name may begin with digits, as in MySQL.
 * @returns 0 where it is such a name.
 */
export function endOfNumber(codes: Uint8Array, words: Uint8Array, start: number, canBeName: boolean): number {
  let at = start
  while (classOf[codes[at] as number] === DIGIT) at++
  const next = codes[at] as number
  if (next <= 44 || next === 59) return at
  at = start
  const marker = (codes[at + 1] as number) | 32
  if (codes[at] === 48 && (marker === 120 || marker === 98 || marker === 111)) {
    const end = endOfWord(codes, words, at + 2)
    if (end > at + 2) return end
  }
  at = endOfDigits(codes, at)
  const isWhole = codes[at] !== 46
  if (!isWhole && codes[at + 1] !== 46) at = endOfDigits(codes, at + 1)
  if (((codes[at] as number) | 32) === 101) {
    const sign = codes[at + 1] === 43 || codes[at + 1] === 45 ? 1 : 0
    if (classOf[codes[at + 1 + sign] as number] === DIGIT) at = endOfDigits(codes, at + 2 + sign)
  }
  return canBeName && isWhole && endOfWord(codes, words, at) > at ? 0 : at
}

/** Where a run of digits ends, which `_` may separate. */
export function endOfDigits(codes: Uint8Array, from: number): number {
  let at = from
  while (classOf[codes[at] as number] === DIGIT || (codes[at] === 95 && at > from)) at++
  return at
}
