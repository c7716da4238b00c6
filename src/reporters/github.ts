import type { Finding, Severity } from '../model/finding.ts'
import type { Report } from '../model/report.ts'
import { placeOf } from './finding-places.ts'
import { type FindingGroup, groupByIdentity, openFindings } from './grouping.ts'
import { printable } from './layout.ts'
import { renderMarkdown } from './markdown.ts'
import { measuredOf, statementsOf } from './plan-words.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { plural, renderVerdict } from './verdict.ts'

/** Annotations of one level that GitHub takes of a step; it drops the others without a word. */
const maxPerLevel = 10

/**
 * Workflow commands for GitHub Actions: the verdict as a line of the log, an annotation for each finding, the worst first, and how
 * many there are more.
 */
export const github: Reporter = (report, context) => {
  const groups = groupByIdentity(openFindings(report.findings))
  const shown = keepWorst(groups)
  const left = groups.length - shown.length
  const more =
    left === 0 ? [] : [command('notice', { title: 'nonplus' }, `${plural(left, 'finding')} more in the summary`)]
  const verdict = renderVerdict(report, false)
  const isBlind = report.coverage.attributed === 0
  return [
    isBlind ? command('warning', { title: 'nonplus' }, verdict) : `nonplus: ${verdict}`,
    ...shown.map(({ worst }) => annotationOf(worst, context)),
    ...more,
    '',
  ].join('\n')
}

/** What is written beside the commands, as the summary of the job: Markdown of at most so many bytes. */
export function renderJobSummary(report: Report, context: ReporterContext, maxBytes: number): string {
  const encoder = new TextEncoder()
  return renderMarkdown(report, context, (text) => encoder.encode(text).length <= maxBytes)
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  error: 'error',
  warning: 'warning',
  info: 'notice',
}

/** As many of each level as are shown; of notices one less, for the one that counts the rest. */
function keepWorst(groups: readonly FindingGroup[]): FindingGroup[] {
  const room = { error: maxPerLevel, warning: maxPerLevel, notice: maxPerLevel - 1 }
  return groups.filter(({ worst }) => room[levels[worst.severity]]-- > 0)
}

function annotationOf(finding: Finding, { cwd }: ReporterContext): string {
  const { severity, kind, confidence, title, scope, explanation, advice } = finding
  const place = placeOf(finding)
  const prose = (text: string): string => printable(withoutDirectory(text, cwd))
  const where =
    place === undefined
      ? {}
      : { file: printable(relativePath(place.file, cwd)), line: place.line, endLine: place.line, col: place.column }
  const lines = [
    `${prose(title)} · ${printable(scope.name)}`,
    prose(explanation),
    prose(advice.summary),
    ...statementsOf(advice.ddl),
    ...measuredOf(finding),
  ]
  return command(levels[severity], { ...where, title: `${kind} (${confidence})` }, lines.join('\n'))
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
  return `::${name} ${pairs.join(',')}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
