import { displayWidth, indent, paint, type Style, wrap } from './layout.ts'

/** A label with the text beside it. */
export interface Row {
  readonly label: string
  /** Each starts a line of its own. */
  readonly texts: readonly string[]
  readonly styles?: readonly Style[]
  /** True for text that is copied whole: it is never broken. */
  readonly unbroken?: boolean
}

const narrow = 60
const widestLabel = 12

/** Labels on the left, texts in a column beside them; below them where there is little room. */
export function renderRows(rows: readonly Row[], width: number, color: boolean): string[] {
  const filled = rows.filter((row) => row.texts.some((text) => text !== ''))
  return filled.flatMap((row) => renderRow(row, labelColumns(filled), width, color))
}

/** Columns that a text beside the widest of labels may take. */
export function textColumns(width: number): number {
  return Math.max(width < narrow ? width - 2 : width - widestLabel, 8)
}

function labelColumns(rows: readonly Row[]): number {
  return Math.min(Math.max(...rows.map((row) => displayWidth(row.label))), widestLabel) + 2
}

function renderRow(row: Row, columns: number, width: number, color: boolean): string[] {
  const { label, texts, styles = [], unbroken } = row
  const hanging = width < narrow ? 2 : columns
  const lines = texts.flatMap((text) => (unbroken ? [text] : wrap(text, width - hanging)))
  const painted = lines.map((line) => paint(line, styles, color))
  const heading = paint(label, ['dim'], color)
  if (width < narrow) return [...(label === '' ? [] : [heading]), ...indent(painted, hanging)]
  const [first = '', ...others] = painted
  const gap = ' '.repeat(Math.max(columns - displayWidth(label), 1))
  return [heading + gap + first, ...indent(others, columns)]
}
