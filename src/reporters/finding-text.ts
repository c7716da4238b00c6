import type { Finding, Severity } from '../model/finding.ts'
import type { ReportScope } from '../model/report.ts'
import { renderEvidence } from './evidence-rows.ts'
import { placeTextOf, renderPlaces } from './finding-places.ts'
import { indent, paint, printable, type Style, truncate, wrap } from './layout.ts'
import { formatCount, formatDuration } from './quantity.ts'
import type { ReporterContext } from './reporter.ts'

/**
 * A finding in full: headline, code frames of the loop and of the query whose rows it goes through, evidence, fix. One dim line
 * where its severity is `info`.
 *
 * @param scope the scope it was found in; without it the share of its duration is left out.
 * @param findings all findings of the same identity, where it stands for several.
 * @returns lines without a newline at the end.
 */
export function renderFinding(
  finding: Finding,
  scope: ReportScope | undefined,
  context: ReporterContext,
  findings: readonly Finding[] = [finding],
): string {
  if (finding.severity === 'info') {
    const scopes = findings.length > 1 ? `, ${formatCount(findings.length)} scopes` : ''
    return renderLine(finding, badgeOf(finding) + scopes, context)
  }
  const inner = { ...context, width: Math.max(context.width, 20) - 2 }
  const body = [...renderPlaces(finding, inner), ...renderEvidence(finding, findings, inner.width, context)]
  return [...renderHeadline(finding, scope, context), '', ...indent(body, 2)].join('\n')
}

/**
 * One line for a finding whose identity was shown in full before.
 *
 * @param occurrences how often it was found by now, this one included.
 * @returns a line without a newline at the end, cut to the width.
 */
export function renderRepeat(finding: Finding, occurrences: number, context: ReporterContext): string {
  return renderLine(finding, `${badgeOf(finding)} again, ${formatCount(occurrences)}×`, context)
}

/**
 * One line for a finding that the baseline tolerates.
 *
 * @param scopes in which it was found.
 * @returns a line without a newline at the end, cut to the width.
 */
export function renderTolerated(finding: Finding, scopes: number, reason: string, context: ReporterContext): string {
  const { kind, title } = finding
  const place = placeTextOf(finding, context)
  const facts = [
    title,
    ...(place === undefined ? [] : [place]),
    `${formatCount(scopes)} ${scopes === 1 ? 'scope' : 'scopes'}`,
    reason,
  ]
  const line = `${kind}  ${facts.map(printable).join(' · ')}`
  return paint(truncate(line, Math.max(context.width, 20)), ['dim'], context.color)
}

const severityStyles: Readonly<Record<Severity, readonly Style[]>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  info: ['dim'],
}

/** `error n-plus-one (proven)`. */
export function badgeOf(finding: Finding): string {
  return printable(`${finding.severity} ${finding.kind} (${finding.confidence})`)
}

function renderLine(finding: Finding, badge: string, context: ReporterContext): string {
  const place = placeTextOf(finding, context)
  const facts = [finding.title, ...(place === undefined ? [] : [place]), ...timeAndScope(finding, context)].map(
    printable,
  )
  const line = truncate(`${badge}  ${facts.join(' · ')}`, Math.max(context.width, 20))
  return paintStart(line, badge, severityStyles[finding.severity], ['dim'], context.color)
}

function renderHeadline(finding: Finding, scope: ReportScope | undefined, context: ReporterContext): string[] {
  const badge = badgeOf(finding)
  const facts = [finding.title, ...timeAndScope(finding, context, scope)].map(printable).join(' · ')
  const [first = '', ...others] = wrap(`${badge}  ${facts}`, Math.max(context.width, 20) - 2)
  return [
    paintStart(first, badge, severityStyles[finding.severity], ['bold'], context.color),
    ...indent(
      others.map((line) => paint(line, ['bold'], context.color)),
      2,
    ),
  ]
}

/** Neither says anything of a statement that no code sent. */
function timeAndScope(finding: Finding, { hasNoCode }: ReporterContext, scope?: ReportScope): string[] {
  return hasNoCode === true ? [] : [durationOf(finding, scope), finding.scope.name]
}

function paintStart(
  line: string,
  start: string,
  startStyles: readonly Style[],
  styles: readonly Style[],
  color: boolean,
): string {
  if (!line.startsWith(start)) return paint(line, startStyles, color)
  return paint(start, startStyles, color) + paint(line.slice(start.length), styles, color)
}

/** Duration of a finding, and its share of the scope where that says something. */
// Durations of statements that overlap add up to more than the time they took: no share then.
export function durationOf(finding: Finding, scope: ReportScope | undefined): string {
  const duration = formatDuration(finding.durationMs)
  if (finding.concurrent) return `${duration} summed, concurrent`
  if (scope === undefined || !(scope.durationMs > 0) || finding.durationMs > scope.durationMs) return duration
  return `${duration}, ${Math.round((finding.durationMs / scope.durationMs) * 100)} % of the ${scope.kind}`
}
