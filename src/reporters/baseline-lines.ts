import type { BaselineEntry } from '../model/baseline.ts'
import type { Report } from '../model/report.ts'
import { renderTolerated } from './finding-text.ts'
import { groupByIdentity } from './grouping.ts'
import { indent, paint, printable, wrap } from './layout.ts'
import { formatCount } from './quantity.ts'
import type { ReporterContext } from './reporter.ts'

const absentShown = 5

/**
 * What a baseline tolerates, a line for each finding, and what is in it and was not met.
 *
 * @returns lines without a newline at the end; empty where there is nothing to say.
 */
export function renderBaseline({ findings, baseline, coverage }: Report, context: ReporterContext): string {
  if (baseline === undefined) return ''
  const reasons = new Map(baseline.unchanged.map(({ identity, reason }) => [identity, reason]))
  const tolerated = groupByIdentity(findings.filter((finding) => finding.baseline === 'unchanged'))
  const lines = tolerated.map(({ worst, findings: all }) =>
    renderTolerated(worst, all.length, reasons.get(worst.identity) ?? '', { ...context, width: context.width - 2 }),
  )
  const heading = paint('in the baseline', ['dim'], context.color)
  return [
    ...(lines.length === 0 ? [] : [heading, ...indent(lines, 2)]),
    // where nothing was judged, nothing could be met
    ...(coverage.attributed === 0 ? [] : renderAbsent(baseline.absent, context)),
  ].join('\n')
}

function renderAbsent(entries: readonly BaselineEntry[], { width, color }: ReporterContext): string[] {
  if (entries.length === 0) return []
  const names = entries.slice(0, absentShown).map(describeEntry)
  if (entries.length > names.length) names.push(`${formatCount(entries.length - names.length)} more`)
  const count = entries.length === 1 ? '1 entry' : `${formatCount(entries.length)} entries`
  const text = `note  ${count} of the baseline not met in this run: ${names.join(', ')}`
  const [first = '', ...others] = wrap(text, Math.max(width, 20) - 2)
  return [first, ...indent(others, 2)].map((line) => paint(line, ['dim'], color))
}

function describeEntry({ identity, where, statement }: BaselineEntry): string {
  const place = where === undefined ? '' : ` at ${where.file}${where.function === '' ? '' : ` (${where.function})`}`
  return printable(`${identity} ${statement ?? ''}${place}`)
}
