import { type NumberedLine, numberedLines } from './numbered-line.ts'

/** A plan that auto_explain wrote into the log of a server. */
export interface LoggedPlan {
  /** What it wrote, without the prefix of the log. */
  readonly lines: readonly NumberedLine[]
  /** Milliseconds that the statement took. */
  readonly durationMs: number
}

/** `LOG:  duration: 3.651 ms  plan:`, in any language of the server. */
const HEAD = /\p{L}+: ([\d.]+) ms {1,2}\p{L}+:\s*$/u

/**
 * Plans that auto_explain wrote, from a log of PostgreSQL: of stderr with any `log_line_prefix`, as syslog and containers
 * pass it on, of `csvlog` and of `jsonlog`. Empty where there are none.
 */
export function loggedPlans(text: string): LoggedPlan[] {
  const lines = numberedLines(text).map((line) => ({ ...line, text: withoutCarrier(line.text) }))
  const found: LoggedPlan[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as NumberedLine
    const ofJson = inJson(line)
    if (ofJson !== undefined) found.push(ofJson)
    const durationMs = HEAD.exec(line.text)?.[1]
    if (durationMs === undefined) continue
    const isCsv = /,"\p{L}+: [\d.]+ ms {1,2}\p{L}+:\s*$/u.test(line.text)
    const own = isCsv ? untilQuote(lines, at + 1) : whileIndented(lines, at + 1)
    if (own.length > 0) found.push({ lines: own, durationMs: Number(durationMs) })
  }
  return found
}

/** What syslog, and the logs of containers, put before each line. */
function withoutCarrier(line: string): string {
  return line
    .replace(/^[\w.-]+\s+\| /, '')
    .replace(/^.{0,200}?postgres(?:ql)?\[\d+\]: \[\d+-\d+\] ?/, '')
    .replaceAll('#011', '\t')
}

/** Lines of one entry are indented by a tab, which some viewers show as spaces. */
function whileIndented(lines: readonly NumberedLine[], from: number): NumberedLine[] {
  const indent = /^(?:\t| {2,8})/.exec(lines[from]?.text ?? '')?.[0]
  if (indent === undefined) return []
  const end = lines.findIndex(({ text }, index) => index >= from && text.trim() !== '' && !text.startsWith(indent))
  return lines
    .slice(from, end < 0 ? undefined : end)
    .map(({ text, number }) => ({ text: text.slice(indent.length), number }))
}

/** A cell of CSV ends at the first quote that is not doubled. */
function untilQuote(lines: readonly NumberedLine[], from: number): NumberedLine[] {
  const own: NumberedLine[] = []
  for (const { text, number } of lines.slice(from)) {
    const whole = /^(?:[^"]|"")*/.exec(text)?.[0] ?? ''
    own.push({ text: whole.replaceAll('""', '"'), number })
    if (whole.length < text.length) break
  }
  return own
}

function inJson({ text, number }: NumberedLine): LoggedPlan | undefined {
  if (!/^\s*\{.*"message"/.test(text)) return undefined
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    const [head = '', ...rest] = String(message).split('\n')
    const durationMs = HEAD.exec(head)?.[1]
    if (durationMs === undefined) return undefined
    return { lines: rest.map((line) => ({ text: line, number })), durationMs: Number(durationMs) }
  } catch {
    return undefined
  }
}
