import Table from 'cli-table3'
import type { ReportDiff } from '../model/report-diff.ts'
import { renderPlanDiffs } from './diff-plans.ts'
import {
  changedFindings,
  changedScopes,
  changeWord,
  type DiffReporter,
  diffVerdict,
  findingFacts,
  scopeCells,
  scopeHeads,
} from './diff-words.ts'
import { displayWidth, paint, printable, type Style, truncate, truncateMiddle } from './layout.ts'
import { formatCount } from './quantity.ts'
import { borderless } from './summary.ts'
import { plural } from './verdict.ts'

const rowsShown = 50

/** For people at a terminal: the scopes that changed, the findings that came and went, the plans that changed, and what became worse. */
export const diffText: DiffReporter = (diff, context) => {
  const width = Math.max(context.width, 20)
  const parts = [
    diffVerdict(diff),
    renderScopes(diff, width, context.color),
    renderFindings(diff, width, context),
    renderPlanDiffs(diff, { color: context.color, width }).join('\n\n'),
    renderRegressions(diff, width, context.color),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function renderScopes(diff: ReportDiff, width: number, color: boolean): string {
  const changed = changedScopes(diff)
  if (changed.length === 0) return ''
  const rows = changed.slice(0, rowsShown).map(scopeCells)
  const others = scopeHeads
    .slice(1)
    .map((head, index) => Math.max(...[head, ...rows.map((row) => row[index + 1] ?? '')].map(displayWidth)))
  const nameColumns = Math.max(width - others.reduce((sum, columns) => sum + columns + 2, 0), 16)
  const table = new Table({
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    head: scopeHeads.map((head) => paint(head, ['dim'], color)),
    colAligns: scopeHeads.map((_, index) => (index === 0 ? 'left' : 'right')),
  })
  for (const [name, ...cells] of rows) table.push([truncateMiddle(printable(name), nameColumns), ...cells])
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
  const hidden = changed.length - rowsShown
  return [...lines, ...(hidden > 0 ? [paint(`${formatCount(hidden)} more`, ['dim'], color)] : [])].join('\n')
}

const styles: Readonly<Record<string, readonly Style[]>> = {
  new: ['bold', 'red'],
  fixed: ['bold', 'green'],
}

function renderFindings(diff: ReportDiff, width: number, context: Parameters<DiffReporter>[1]): string {
  const found = changedFindings(diff)
  const lines = found.slice(0, rowsShown).map((changed) => {
    const change = changeWord(changed.finding)
    const [badge, ...facts] = findingFacts(changed, context.cwd)
    const line = truncate(`${change.padEnd(9)}  ${badge}  ${facts.join(' · ')}`, width)
    return paint(line.slice(0, change.length), styles[change] ?? ['dim'], context.color) + line.slice(change.length)
  })
  const hidden = found.length - rowsShown
  return [...lines, ...(hidden > 0 ? [paint(`${formatCount(hidden)} more`, ['dim'], context.color)] : [])].join('\n')
}

function renderRegressions({ regressions }: ReportDiff, width: number, color: boolean): string {
  if (regressions.length === 0) return paint('Nothing became worse.', ['green'], color)
  const lines = regressions.slice(0, rowsShown).map(({ rule, scope, summary }) => {
    const where = scope === undefined ? '' : ` · ${printable(scope)}`
    return truncate(`  ${rule}  ${printable(summary)}${where}`, width)
  })
  const hidden = regressions.length - rowsShown
  const heading = paint(`${plural(regressions.length, 'regression')}:`, ['bold', 'red'], color)
  return [heading, ...lines, ...(hidden > 0 ? [`  ${formatCount(hidden)} more`] : [])].join('\n')
}
