import type { Dialect } from '../model/statement.ts'

/**
 * Where a string or quoted name ends, exclusive; where it is unterminated, with the text.
 *
 * @param length of the text in `codes`, behind which stands a 0.
 * @param quote the closing quote, which stands for itself where doubled.
 * @param backslash whether a backslash escapes the byte after it.
 */
export function endOfQuoted(
  codes: Uint8Array,
  length: number,
  quoteAt: number,
  quote: number,
  backslash: boolean,
): number {
  let at = quoteAt + 1
  for (;;) {
    const code = codes[at] as number
    if (code === quote) {
      if (codes[at + 1] !== quote) return at + 1
      at += 2
    } else if (code === 92 && backslash) {
      at += 2
      // A backslash at the very end reaches beyond the 0 that ends the text.
      if (at > length) return length
    } else if (code === 0 && at >= length) {
      return length
    } else {
      at++
    }
  }
}

/** End of a string whose prefix stands from `start` to `quote`, or 0 where that is no prefix of the dialect. */
export function endOfPrefixed(
  codes: Uint8Array,
  length: number,
  start: number,
  quote: number,
  dialect: Dialect,
): number {
  const first = (codes[start] as number) | 32
  const prefixLength = quote - start
  if (codes[quote] === 38) {
    const isUnicode = first === 117 && prefixLength === 1 && codes[quote + 1] === 39 && dialect === 'postgresql'
    return isUnicode ? endOfQuoted(codes, length, quote + 1, 39, false) : 0
  }
  if (
    dialect === 'oracle' &&
    ((codes[quote - 1] as number) | 32) === 113 &&
    (prefixLength === 1 || (prefixLength === 2 && first === 110))
  ) {
    return endOfOracleQuote(codes, length, quote)
  }
  if (dialect === 'mysql' && codes[start] === 95) return endOfQuoted(codes, length, quote, 39, true)
  if (prefixLength !== 1) return 0
  // e'' n'' b'' x''
  if (first === 101 && dialect === 'postgresql') return endOfQuoted(codes, length, quote, 39, true)
  if (first === 110 || first === 98 || first === 120) return endOfQuoted(codes, length, quote, 39, dialect === 'mysql')
  return 0
}

/** `q'[ … ]'`: ends with the closing partner of the first character and a quote. */
function endOfOracleQuote(codes: Uint8Array, length: number, quote: number): number {
  const opener = codes[quote + 1] as number
  const position = [91, 40, 123, 60].indexOf(opener)
  const closer = position < 0 ? opener : ([93, 41, 125, 62][position] as number)
  for (let at = quote + 2; at < length; at++) if (codes[at] === closer && codes[at + 1] === 39) return at + 2
  return length
}

/** End of PostgreSQL's `$tag$ … $tag$`, or 0 where no such quote begins at `start`. */
export function endOfDollarQuoted(codes: Uint8Array, length: number, start: number, words: Uint8Array): number {
  let close = start + 1
  while ((words[codes[close] as number] as number) !== 0 && codes[close] !== 36) close++
  if (codes[close] !== 36) return 0
  const tagLength = close + 1 - start
  let at = close + 1
  while (at < length) {
    if (codes[at] !== 36) {
      at++
      continue
    }
    let matched = 1
    while (matched < tagLength && codes[at + matched] === codes[start + matched]) matched++
    if (matched === tagLength) return at + tagLength
    // The characters that matched hold no dollar sign, so the next one is not before them.
    at += matched
  }
  return length
}
