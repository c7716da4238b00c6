import type { Finding, FindingParent, Severity } from '../model/finding.ts'
import type { ReportScope } from '../model/report.ts'
import type { Frame } from '../model/trace.ts'
import { type Excerpt, renderExcerpts } from './code-frame.ts'
import { renderEvidence } from './evidence-rows.ts'
import { indent, paint, printable, type Style, truncate, wrap } from './layout.ts'
import { formatPlace } from './place.ts'
import { formatCount, formatDuration, formatRows } from './quantity.ts'
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
  const body = [...renderPlaces(finding, context), ...renderEvidence(finding, findings, bodyWidth(context), context)]
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
  const frame = placeOf(finding)
  const place = frame === undefined ? 'call site lost' : formatPlace(frame, context.cwd)
  const facts = [title, place, `${formatCount(scopes)} ${scopes === 1 ? 'scope' : 'scopes'}`, reason]
  const line = `${kind}  ${facts.map(printable).join(' · ')}`
  return paint(truncate(line, Math.max(context.width, 20)), ['dim'], context.color)
}

const severityStyles: Readonly<Record<Severity, readonly Style[]>> = {
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  info: ['dim'],
}

/** The line to look at: the loop where it is known, else where the statement is sent. */
function placeOf(finding: Finding): Frame | undefined {
  return (finding.kind === 'n-plus-one' ? finding.loop : undefined) ?? finding.callSite
}

function badgeOf(finding: Finding): string {
  return printable(`${finding.severity} ${finding.kind} (${finding.confidence})`)
}

function bodyWidth(context: ReporterContext): number {
  return Math.max(context.width, 20) - 2
}

function renderLine(finding: Finding, badge: string, context: ReporterContext): string {
  const frame = placeOf(finding)
  const place = frame === undefined ? 'call site lost' : formatPlace(frame, context.cwd)
  const facts = [finding.title, place, formatDuration(finding.durationMs), finding.scope.name].map(printable)
  const line = truncate(`${badge}  ${facts.join(' · ')}`, Math.max(context.width, 20))
  return paintStart(line, badge, severityStyles[finding.severity], ['dim'], context.color)
}

function renderHeadline(finding: Finding, scope: ReportScope | undefined, context: ReporterContext): string[] {
  const badge = badgeOf(finding)
  const facts = [finding.title, durationOf(finding, scope), finding.scope.name].map(printable).join(' · ')
  const [first = '', ...others] = wrap(`${badge}  ${facts}`, Math.max(context.width, 20) - 2)
  return [
    paintStart(first, badge, severityStyles[finding.severity], ['bold'], context.color),
    ...indent(
      others.map((line) => paint(line, ['bold'], context.color)),
      2,
    ),
  ]
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

// Durations of statements that overlap add up to more than the time they took: no share then.
function durationOf(finding: Finding, scope: ReportScope | undefined): string {
  const duration = formatDuration(finding.durationMs)
  if (finding.concurrent) return `${duration} summed, concurrent`
  if (scope === undefined || !(scope.durationMs > 0) || finding.durationMs > scope.durationMs) return duration
  return `${duration}, ${Math.round((finding.durationMs / scope.durationMs) * 100)} % of the ${scope.kind}`
}

// A parent query this close above the loop is shown in one frame with it: together still less than a screen.
const linesToSpan = 8

function renderPlaces(finding: Finding, context: ReporterContext): string[] {
  const parent = 'parent' in finding ? finding.parent : undefined
  const origin = parent?.callSite && { frame: parent.callSite, label: parentLabelOf(parent) }
  const callSite = placeOf(finding)
  const chain = finding.frames.filter((frame) => !isSameLine(frame, callSite) && !isSameLine(frame, origin?.frame))
  const callers = finding.frames.findIndex((frame) => isSameLine(frame, callSite))
  const trail = chain.map((frame) => {
    const isCalled = finding.frames.indexOf(frame) < callers
    const line = truncate(`${isCalled ? '↳ sent at' : '↳'} ${formatPlace(frame, context.cwd)}`, bodyWidth(context))
    return paint(line, ['dim'], context.color)
  })
  if (callSite === undefined) {
    return [paint('call site lost', ['yellow'], context.color), ...trail, ...renderOrigin(origin, context), '']
  }
  const loop: Excerpt = { frame: callSite, labels: [loopLabelOf(finding)], linesAbove: 3, linesBelow: 2 }
  if (origin !== undefined && isSameLine(origin.frame, callSite)) {
    return [...renderExcerpt({ ...loop, labels: [...loop.labels, origin.label] }, context), ...trail, '']
  }
  const spanned = origin && renderSpanned(loop, origin, context)
  if (spanned !== undefined) return [...spanned, ...trail, '']
  return [...renderExcerpt(loop, context), ...trail, ...renderOrigin(origin, context), '']
}

/** Where the rows of the loop were read. */
interface Origin {
  readonly frame: Frame
  readonly label: string
}

/** One frame for both lines, where the rows are read shortly before the loop. */
function renderSpanned(loop: Excerpt, origin: Origin, context: ReporterContext): string[] | undefined {
  const gap = loop.frame.line - origin.frame.line
  if (loop.frame.file !== origin.frame.file || gap < 1 || gap > linesToSpan) return undefined
  const above: Excerpt = { frame: origin.frame, labels: [origin.label], linesAbove: 1, linesBelow: 0 }
  const below: Excerpt = { ...loop, linesAbove: gap - 1 }
  const [first, second] = renderExcerpts([above, below], bodyWidth(context), context)
  if (first === undefined || second === undefined) return undefined
  return [renderPlace(loop.frame, context), ...first, ...second]
}

function renderOrigin(origin: Origin | undefined, context: ReporterContext): string[] {
  if (origin === undefined) return []
  return ['', ...renderExcerpt({ frame: origin.frame, labels: [origin.label], linesAbove: 0, linesBelow: 0 }, context)]
}

function renderExcerpt(excerpt: Excerpt, context: ReporterContext): string[] {
  const [lines] = renderExcerpts([excerpt], bodyWidth(context), context)
  const labels = excerpt.labels.flatMap((label) => indent(wrap(label, bodyWidth(context) - 2), 2))
  return [renderPlace(excerpt.frame, context), ...(lines ?? labels)]
}

function renderPlace(frame: Frame, context: ReporterContext): string {
  return paint(truncate(formatPlace(frame, context.cwd), bodyWidth(context)), ['cyan'], context.color)
}

function isSameLine(a: Frame, b: Frame | undefined): boolean {
  return a.file === b?.file && a.line === b.line
}

function loopLabelOf(finding: Finding): string {
  const runs = `ran ${formatCount(finding.count)}×`
  if (finding.kind === 'n-plus-one') {
    const { distinctParameters } = finding
    return `${runs}, ${formatCount(distinctParameters)} different ${distinctParameters === 1 ? 'value' : 'values'}`
  }
  return finding.rowsEqual ? `${runs}, same parameters, same rows` : `${runs}, same parameters`
}

function parentLabelOf(parent: FindingParent): string {
  return printable(`returned ${formatRows(parent.rows)}; ${parent.column} went into the loop`)
}
