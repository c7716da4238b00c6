import { type NumberedLine, numberedLines } from './numbered-line.ts'

/** Footer of psql, in any language: `(12 rows)`, `(12 Zeilen)`. */
const FOOTER = /^\s*\(\d+ \p{L}+\)\s*$/u
const RULE = /^\s*[-+─┼├┤┌┐└┘┬┴│═╔╗╚╝╟╢╠╣╤╧]{3,}\s*$/
const HEADING = /^[\s|│║"]*QUERY PLAN[\s|│║"]*$/i
const RECORD = /^[-─*]\[ RECORD \d+ \][-─+┬┼]*$/

/**
 * Lines of a plan in text without what a client puts around each: borders, the quotes of an export, `+` where a cell goes
 * on, and the heading of each row in psql's expanded display. Numbers are those of the lines that were given.
 */
export function planLines(text: string): NumberedLine[] {
  const lines = numberedLines(text).filter(
    (line) => !RULE.test(line.text) && !RECORD.test(line.text) && !HEADING.test(line.text),
  )
  return withoutContinuations(withoutQuotes(withoutBorders(withoutNames(lines))))
}

/** True for the line that ends what psql prints. */
export function isFooter(text: string): boolean {
  return FOOTER.test(text)
}

function changed(lines: readonly NumberedLine[], change: (text: string) => string): NumberedLine[] {
  return lines.map(({ text, number }) => ({ text: change(text), number }))
}

function withoutNames(lines: readonly NumberedLine[]): NumberedLine[] {
  return changed(lines, (text) => text.replace(/^QUERY PLAN +[|│] ?/i, ''))
}

function withoutBorders(lines: readonly NumberedLine[]): NumberedLine[] {
  const bordered = lines.filter(({ text }) => /^[|│║] .*[|│║]\s*$/.test(text))
  if (bordered.length * 2 <= filled(lines).length) return [...lines]
  return changed(lines, (text) => text.replace(/^[|│║] /, '').replace(/\s*[|│║]\s*$/, ''))
}

function withoutQuotes(lines: readonly NumberedLine[]): NumberedLine[] {
  const inside = filled(lines).filter(({ text }) => !isFooter(text))
  if (!inside.every(({ text }) => /^\s*"(?:[^"]|"")*"\s*$/.test(text))) return [...lines]
  return changed(lines, (text) => text.trim().replace(/^"|"$/g, '').replaceAll('""', '"'))
}

function withoutContinuations(lines: readonly NumberedLine[]): NumberedLine[] {
  const inside = filled(lines).filter(({ text }) => !isFooter(text))
  const marked = inside.filter(({ text }) => /[+↵]$/.test(text)).length
  return marked > 0 && marked >= inside.length - 1 ? changed(lines, (text) => text.replace(/\s*[+↵]$/, '')) : [...lines]
}

function filled(lines: readonly NumberedLine[]): readonly NumberedLine[] {
  return lines.filter(({ text }) => text.trim() !== '')
}
