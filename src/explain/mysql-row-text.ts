import { type NumberedLine, numberedLines } from './numbered-line.ts'
import { mistaken } from './unreadable-plan.ts'

/** A row of EXPLAIN by the names of its columns, as MySQL and MariaDB print them. */
export type ExplainRow = Readonly<Record<string, unknown>>

const HEADER = /^\W*id\W+select_type\W+table\W/

/**
 * Rows of the tabular EXPLAIN of MySQL and MariaDB: as the client draws them, below each other with `\G`, or separated by
 * tabs. Undefined where the text is something else.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where a row is not whole; it names the line.
 */
export function explainRows(text: string): ExplainRow[] | undefined {
  const lines = numberedLines(text)
  const header = lines.findIndex((line) => HEADER.test(line.text))
  if (header >= 0) return drawnRows(lines.slice(header))
  return lines.some((line) => /^\s*select_type: /.test(line.text)) ? verticalRows(lines) : undefined
}

function drawnRows(lines: readonly NumberedLine[]): ExplainRow[] {
  const [header, ...others] = lines as [NumberedLine, ...NumberedLine[]]
  const isBoxed = /^\s*[|│]/.test(header.text)
  const names = cellsOf(header.text, isBoxed)
  const rows: ExplainRow[] = []
  for (const { text, number } of others) {
    if (text.trim() === '' || /^\s*[+├└╟╚─-]/.test(text)) continue
    if (isBoxed ? !/^\s*[|│]/.test(text) : !text.includes('\t')) break
    const cells = cellsOf(text, isBoxed)
    // What is empty at the end of a line is lost in copying.
    const isWhole = cells.length === names.length || (!isBoxed && cells.length === names.length - 1)
    if (!isWhole || (isBoxed && !/[|│]\s*$/.test(text)))
      throw mistaken(
        `a row of EXPLAIN with ${names.length} columns`,
        `one that was cut: line ${number} has ${cells.length}`,
      )
    rows.push(Object.fromEntries(names.map((name, at) => [name, cellValue(cells[at] ?? '')])))
  }
  if (rows.length === 0) throw mistaken('rows of EXPLAIN', `no more than their heading in line ${header.number}`)
  return rows
}

function cellsOf(line: string, isBoxed: boolean): string[] {
  if (!isBoxed) return line.split('\t').map((cell) => cell.trim())
  const inside = line.trim().replace(/^[|│]/, '').replace(/[|│]$/, '')
  return inside.split(/\s[|│](?=\s|$)/).map((cell) => cell.trim())
}

function verticalRows(lines: readonly NumberedLine[]): ExplainRow[] {
  const rows: Record<string, unknown>[] = []
  for (const { text } of lines) {
    const [, name, value = ''] = /^\s*(\w+):(?: (.*))?$/.exec(text) ?? []
    if (name === 'id') rows.push({})
    const row = rows.at(-1)
    if (name !== undefined && row !== undefined && !(name in row)) row[name] = cellValue(value.trim())
  }
  const last = lines.findLast(({ text }) => text.trim() !== '')
  for (const [index, row] of rows.entries())
    if (!('Extra' in row))
      throw mistaken(
        'rows of EXPLAIN',
        `row ${index + 1} without its \`Extra\`: it was cut, up to line ${last?.number}`,
      )
  return rows
}

function cellValue(cell: string): string | null {
  return cell === 'NULL' || cell === '' ? null : cell
}
