import { stripVTControlCharacters, styleText } from 'node:util'

/** Colours and weights the console reporter uses. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Text in a style where colour is on; never asks the stream or the environment. */
export function paint(text: string, styles: readonly Style[], color: boolean): string {
  return color && text !== '' ? styleText([...styles], text, { validateStream: false }) : text
}

/**
 * Text that stays on one line and cannot steer the terminal: escape sequences and control characters are removed
 * (overrides of the writing direction too, they can make a statement read as another one), runs of white space become one space.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/gu, '')
    .trim()
}

/** The same for a line of code, whose indentation stays. */
export function printableCode(line: string): string {
  const [indentation = ''] = /^[ \t]*/.exec(line) ?? []
  return indentation.replaceAll('\t', '  ') + printable(line)
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

// East Asian Wide and Fullwidth (Unicode Standard Annex 11) as ranges; what a terminal draws over two columns.
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])|\ufe0f/u
const zero = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u

// Nearly all text is ASCII, and segmenting is slow.
const ascii = /^[\x20-\x7e]*$/

/** Columns that a text without escape codes takes in a terminal. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text, or as much of its start as fits into so many columns with an ellipsis. */
export function truncate(text: string, width: number): string {
  if (takeColumns(text, width).length === text.length) return text
  return width < 1 ? '' : `${takeColumns(text, width - 1).trimEnd()}…`
}

/** The text, or as much of its start and end as fits: for names that begin alike. */
export function truncateMiddle(text: string, width: number): string {
  const excess = displayWidth(text) - width
  if (excess <= 0) return text
  const start = takeColumns(text, Math.floor((width - 1) / 2))
  const rest = text.slice(start.length)
  const endAfter = (columns: number) => rest.slice(takeColumns(rest, columns).length)
  const end = endAfter(excess + 1)
  // Where a character of two columns stands on the border it has to go too.
  return `${start}…${displayWidth(start + end) < width ? end : endAfter(excess + 2)}`
}

/** As much of the start of a text as fits into so many columns. */
export function takeColumns(text: string, width: number): string {
  // No grapheme is longer than its columns while all is ASCII, so a long line is not looked at to its end.
  const head = text.slice(0, Math.max(width, 0) + 1)
  if (ascii.test(head)) return head.slice(0, Math.max(width, 0))
  let end = 0
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += graphemeWidth(segment)
    if (used > width) break
    end += segment.length
  }
  return text.slice(0, end)
}

/** Lines of at most so many columns, broken between words; a word longer than a line is broken inside. */
export function wrap(text: string, width: number): string[] {
  const columns = Math.max(width, 8)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (displayWidth(joined) <= columns) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (displayWidth(line) > columns) {
      const head = takeColumns(line, columns)
      lines.push(head)
      line = line.slice(head.length)
    }
  }
  if (line !== '') lines.push(line)
  return lines
}

/** Lines with so many spaces in front; empty ones stay empty. */
export function indent(lines: readonly string[], columns: number): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(columns) + line))
}

function graphemeWidth(grapheme: string): number {
  if (zero.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}
