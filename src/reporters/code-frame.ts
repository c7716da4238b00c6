import { codeFrameColumns } from '@babel/code-frame'
import type { Frame } from '../model/trace.ts'
import { displayWidth, paint, takeColumns, truncate, wrap } from './layout.ts'
import type { ReporterContext } from './reporter.ts'

/** A line of source to show, with what is to be said about it. */
export interface Excerpt {
  readonly frame: Frame
  /** Said at the caret, the first on its line. */
  readonly labels: readonly string[]
  readonly linesAbove: number
  readonly linesBelow: number
}

/**
 * Code frames of several places, one list of lines each, with their line numbers aligned.
 *
 * @returns undefined for a place whose source is unknown, or has no such line any more.
 */
export function renderExcerpts(
  excerpts: readonly Excerpt[],
  width: number,
  context: ReporterContext,
): (string[] | undefined)[] {
  const windows = excerpts.map((excerpt) => windowOf(excerpt, context))
  const digits = Math.max(...windows.map((window) => (window === undefined ? 0 : digitsOf(window))))
  return windows.map((window, index) => {
    const excerpt = excerpts[index]
    if (window === undefined || excerpt === undefined) return undefined
    const padding = ' '.repeat(digits - digitsOf(window))
    return renderWindow(window, excerpt.labels, width - padding.length, context.color).map((line) => padding + line)
  })
}

/** Lines of a file around one of them. */
interface SourceWindow {
  readonly lines: readonly string[]
  /** Number of the first line. */
  readonly start: number
  /** Number of the line with the caret. */
  readonly line: number
  /** Columns in front of the caret, as a terminal draws them. */
  readonly caret: number
}

function windowOf({ frame, linesAbove, linesBelow }: Excerpt, context: ReporterContext): SourceWindow | undefined {
  const all = context.sourceOf(frame.file)?.split(/\r\n|[\n\r\u2028\u2029]/)
  const target = all?.[frame.line - 1]
  if (all === undefined || target === undefined || target.trim() === '') return undefined
  let start = Math.max(frame.line - linesAbove, 1)
  while (start < frame.line && all[start - 1]?.trim() === '') start++
  let end = Math.min(frame.line + linesBelow, all.length)
  while (end > frame.line && all[end - 1]?.trim() === '') end--
  // A column beyond the line is one of another version of the file.
  const known = frame.column >= 1 && frame.column <= target.length
  const before = known ? target.slice(0, frame.column - 1) : (/^\s*/.exec(target)?.[0] ?? '')
  const lines = all.slice(start - 1, end).map(drawable)
  return { lines, start, line: frame.line, caret: displayWidth(drawable(before)) }
}

// Tabs get a width that is known; what could steer the terminal, or reorder the line on it, is made visible.
function drawable(line: string): string {
  return line.replaceAll('\t', '  ').replace(/[\p{Cc}\p{Bidi_Control}\p{Cs}]/gu, '\ufffd')
}

function digitsOf({ start, lines }: SourceWindow): number {
  return String(start + lines.length - 1).length
}

function renderWindow(window: SourceWindow, labels: readonly string[], width: number, color: boolean): string[] {
  const gutter = digitsOf(window) + '>  | '.length
  const { lines, caret } = fitWindow(window, Math.max(width - gutter, 16))
  // The marker line is made of as many spaces as the marked line has characters, and so ends early where these are
  // wider than one column.
  const padded = lines.map((line, index) => (window.start + index === window.line ? line.padEnd(caret + 1) : line))
  const rendered = codeFrameColumns(
    padded.join('\n'),
    { start: { line: window.line, column: caret + 1 } },
    { startLine: window.start, linesAbove: lines.length, linesBelow: lines.length, forceColor: color },
  )
    .split('\n')
    .map((line) => line.trimEnd())
  const marker = window.line - window.start + 1
  const bar = paint(`${' '.repeat(gutter - 2)}|`, ['dim'], color)
  const [first, ...others] = placeLabels(labels, caret, width - gutter)
  rendered[marker] += first === undefined || first === '' ? '' : ` ${paint(first, ['yellow', 'bold'], color)}`
  rendered.splice(
    marker + 1,
    0,
    ...others.map((line) => {
      const text = line.trimStart()
      return `${bar} ${line.slice(0, line.length - text.length)}${paint(text, ['yellow', 'bold'], color)}`
    }),
  )
  return rendered
}

/** Cuts lines that are too long, from the left too where the caret would be lost otherwise. */
function fitWindow({ lines, caret }: SourceWindow, available: number): { lines: string[]; caret: number } {
  const shift = caret < available * 0.75 ? 0 : caret - Math.floor(available / 3)
  const shifted = lines.map((line) => {
    const cut = takeColumns(line, shift)
    const rest = line.slice(cut.length)
    return cut.trim() === '' ? rest : `…${rest.slice(1)}`
  })
  return { lines: shifted.map((line) => truncate(line, available)), caret: caret - shift }
}

/** First what stands right of the caret (empty where there is no room), then lines below it. */
function placeLabels(labels: readonly string[], caret: number, available: number): string[] {
  const [first, ...others] = labels
  const fits = first !== undefined && caret + 2 + displayWidth(first) <= available
  const below = fits ? others : labels
  const lines = below.flatMap((label) => {
    const wrapped = wrap(label, available)
    const widest = Math.max(...wrapped.map(displayWidth))
    const left = Math.max(Math.min(caret + 2, available - widest), 0)
    return wrapped.map((line) => ' '.repeat(left) + line)
  })
  return [fits ? first : '', ...lines]
}
