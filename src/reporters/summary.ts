import Table from 'cli-table3'
import { type Coverage, isNote, type Report, type ReportScope } from '../model/report.ts'
import { renderBaseline } from './baseline-lines.ts'
import { displayWidth, indent, paint, printable, truncateMiddle, wrap } from './layout.ts'
import { planCoverageLine } from './plan-coverage.ts'
import { formatCount, formatDuration, formatRange } from './quantity.ts'
import { withoutDirectory } from './relative-path.ts'
import type { ReporterContext } from './reporter.ts'
import { type ScopeRow, scopeRowsOf } from './scope-rows.ts'
import { plural, renderVerdict } from './verdict.ts'

/**
 * The end of a run: how many findings, a table of the scopes, what the baseline tolerates, what was seen and what was not.
 *
 * @returns lines without a newline at the end.
 */
export function renderSummary(report: Report, context: ReporterContext): string {
  const width = Math.max(context.width, 20)
  const parts = [
    renderVerdict(report, context.color),
    renderScopes(report, width, context.color),
    renderBaseline(report, context),
    renderCoverage(report.coverage, width, context),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const rowsShown = 20

function renderScopes(report: Report, width: number, color: boolean): string {
  const rows = scopeRowsOf(report)
  if (rows.length === 0) return ''
  const lines = renderTable(rows.slice(0, rowsShown), report.scopes, width, color)
  const hidden = rows.length - rowsShown
  return hidden > 0 ? `${lines}\n${paint(`${formatCount(hidden)} more`, ['dim'], color)}` : lines
}

/** Column of numbers; the first column, the name of the scope, takes the room they leave. */
interface Column {
  readonly head: string
  readonly cell: (row: ScopeRow) => string
  /** Left out where there is no room, the lowest first; without it the column stays. */
  readonly spare?: number
}

const leastNameColumns = 16

function renderTable(rows: readonly ScopeRow[], scopes: readonly ReportScope[], width: number, color: boolean): string {
  const requests = scopes.every((scope) => scope.kind === 'request')
  const all: readonly Column[] = [
    { head: requests ? 'requests' : 'runs', cell: (row) => formatCount(row.scopes), spare: 1 },
    { head: 'queries', cell: (row) => formatRange(row.queries) },
    { head: 'db time', cell: (row) => formatDuration(row.databaseMs), spare: 2 },
    { head: 'findings', cell: (row) => formatCount(row.findings) },
  ]
  const columns = fitColumns(all, rows, width)
  const nameColumns = Math.max(roomFor(columns, rows, width), 8)
  const table = new Table({
    chars: borderless,
    // The library colours heads and borders by default.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    head: ['scope', ...columns.map((column) => column.head)].map((head) => paint(head, ['dim'], color)),
    colAligns: ['left', ...columns.map(() => 'right' as const)],
  })
  for (const row of rows) {
    table.push([truncateMiddle(printable(row.name), nameColumns), ...columns.map((column) => column.cell(row))])
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function fitColumns(columns: readonly Column[], rows: readonly ScopeRow[], width: number): readonly Column[] {
  const spare = columns.filter((column) => column.spare !== undefined).sort((a, b) => (a.spare ?? 0) - (b.spare ?? 0))
  let kept = columns
  for (const column of spare) {
    if (roomFor(kept, rows, width) >= leastNameColumns) break
    kept = kept.filter((other) => other !== column)
  }
  return kept
}

/** What the columns of numbers leave for the name. */
function roomFor(columns: readonly Column[], rows: readonly ScopeRow[], width: number): number {
  return columns.reduce((room, column) => room - 2 - widthOf(column, rows), width)
}

function widthOf(column: Column, rows: readonly ScopeRow[]): number {
  return Math.max(displayWidth(column.head), ...rows.map((row) => displayWidth(column.cell(row))))
}

/** Characters of a table without lines, for cli-table3. */
export const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const

function renderCoverage(coverage: Coverage, width: number, context: ReporterContext): string {
  const hooked = coverage.drivers.filter((driver) => driver.via !== 'none')
  const through = hooked.map((driver) => `${driver.name} ${driver.version} (${driver.via})`).join(', ')
  const seen =
    coverage.seen === 0
      ? `${through === '' ? 'No driver was hooked' : `Hooked: ${through}`}.`
      : `${plural(coverage.seen, 'statement')} seen${through === '' ? '' : ` through ${through}`}, ` +
        `${formatCount(coverage.attributed)} in a scope, ${formatCount(coverage.withCallSite)} with a call site.`
  const lines = [
    ...wrap(printable(seen), width).map((line) => paint(line, ['dim'], context.color)),
    ...(coverage.plans === undefined ? [] : wrap(printable(planCoverageLine(coverage.plans)), width)).map((line) =>
      paint(line, ['dim'], context.color),
    ),
    ...coverage.warnings.flatMap((warning) => {
      const label = isNote(warning) ? 'note' : 'warning'
      const [first = '', ...others] = wrap(`${label}  ${printable(withoutDirectory(warning, context.cwd))}`, width - 2)
      return [first, ...indent(others, 2)].map((line) =>
        paint(line, [isNote(warning) ? 'dim' : 'yellow'], context.color),
      )
    }),
  ]
  return lines.join('\n')
}
