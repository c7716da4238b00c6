import type { Finding, FindingParent } from '../model/finding.ts'
import type { Frame } from '../model/trace.ts'
import { type Excerpt, renderExcerpts } from './code-frame.ts'
import { indent, paint, printable, truncate, wrap } from './layout.ts'
import { formatPlace } from './place.ts'
import { formatCount, formatRows } from './quantity.ts'
import type { ReporterContext } from './reporter.ts'

/** Where to look, in words; undefined where there is no code that it could be in. */
export function placeTextOf(finding: Finding, { cwd, hasNoCode }: ReporterContext): string | undefined {
  const frame = placeOf(finding)
  if (frame !== undefined) return formatPlace(frame, cwd)
  return hasNoCode === true ? undefined : 'call site lost'
}

/** The line to look at: the loop where it is known, else where the statement is sent. */
export function placeOf(finding: Finding): Frame | undefined {
  return (finding.kind === 'n-plus-one' ? finding.loop : undefined) ?? finding.callSite
}

// A parent query this close above the loop is shown in one frame with it: together still less than a screen.
const linesToSpan = 8

/**
 * Code frames of the line to look at and of the query whose rows it goes through, with the calls between them.
 *
 * @returns lines of at most the width; the last one is empty.
 */
export function renderPlaces(finding: Finding, context: ReporterContext): string[] {
  const parent = 'parent' in finding ? finding.parent : undefined
  const origin = parent?.callSite && { frame: parent.callSite, label: parentLabelOf(parent) }
  const callSite = placeOf(finding)
  const chain = finding.frames.filter((frame) => !isSameLine(frame, callSite) && !isSameLine(frame, origin?.frame))
  const callers = finding.frames.findIndex((frame) => isSameLine(frame, callSite))
  const trail = chain.map((frame) => {
    const isCalled = finding.frames.indexOf(frame) < callers
    const line = truncate(`${isCalled ? '↳ sent at' : '↳'} ${formatPlace(frame, context.cwd)}`, context.width)
    return paint(line, ['dim'], context.color)
  })
  if (callSite === undefined && context.hasNoCode === true) return []
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
  const [first, second] = renderExcerpts([above, below], context.width, context)
  if (first === undefined || second === undefined) return undefined
  return [renderPlace(loop.frame, context), ...first, ...second]
}

function renderOrigin(origin: Origin | undefined, context: ReporterContext): string[] {
  if (origin === undefined) return []
  return ['', ...renderExcerpt({ frame: origin.frame, labels: [origin.label], linesAbove: 0, linesBelow: 0 }, context)]
}

function renderExcerpt(excerpt: Excerpt, context: ReporterContext): string[] {
  const [lines] = renderExcerpts([excerpt], context.width, context)
  const labels = excerpt.labels.flatMap((label) => indent(wrap(label, context.width - 2), 2))
  return [renderPlace(excerpt.frame, context), ...(lines ?? labels)]
}

function renderPlace(frame: Frame, context: ReporterContext): string {
  return paint(truncate(formatPlace(frame, context.cwd), context.width), ['cyan'], context.color)
}

function isSameLine(a: Frame, b: Frame | undefined): boolean {
  return a.file === b?.file && a.line === b.line
}

/** What is said of the line of a loop: how often it ran. */
export function loopLabelOf(finding: Finding): string {
  const runs = `ran ${formatCount(finding.count)}×`
  if (finding.kind === 'n-plus-one') {
    const { distinctParameters } = finding
    if (distinctParameters === 0) return `${runs}, values not seen`
    return `${runs}, ${formatCount(distinctParameters)} different ${distinctParameters === 1 ? 'value' : 'values'}`
  }
  if (finding.kind !== 'duplicate-query') return runs
  return finding.rowsEqual ? `${runs}, same parameters, same rows` : `${runs}, same parameters`
}

/** What is said of the line where the rows of the loop were read. */
export function parentLabelOf(parent: FindingParent): string {
  return printable(`returned ${formatRows(parent.rows)}; ${parent.column} went into the loop`)
}
