import { readFileSync } from 'node:fs'
import { embeddedSourceOf } from './instrument/source-map.ts'
import type { Report } from './model/report.ts'
import type { ScopeResult } from './profiler.ts'
import { renderFinding, renderRepeat } from './reporters/finding-text.ts'
import type { ReporterContext } from './reporters/reporter.ts'
import { renderSummary } from './reporters/summary.ts'

/** Times a finding is shown as one line before it only counts: a busy server would fill the screen. */
const MAX_REPEAT_LINES = 3

/** Prints findings while the program runs: in full the first time, one line the next few times. */
export class LiveConsole {
  readonly #stream: NodeJS.WriteStream
  readonly #occurrences = new Map<string, number>()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Prints the findings of a scope that has closed. */
  print({ scope, findings }: ScopeResult): void {
    const context = contextOf(this.#stream)
    for (const finding of findings) {
      if (finding.severity === 'info') continue
      const count = (this.#occurrences.get(finding.identity) ?? 0) + 1
      this.#occurrences.set(finding.identity, count)
      if (count === 1) this.#stream.write(`\n${renderFinding(finding, scope, context)}\n`)
      else if (count <= MAX_REPEAT_LINES + 1) this.#stream.write(`${renderRepeat(finding, count, context)}\n`)
    }
  }

  /** Prints the table of scopes and the coverage. */
  summarize(report: Report): void {
    this.#stream.write(`\n${renderSummary(report, contextOf(this.#stream))}\n`)
  }
}

/** How to write to a stream: in colour and as wide as it is, where it is a terminal. */
export function contextOf(stream: NodeJS.WriteStream): ReporterContext {
  return {
    color: isColorful(stream),
    width: stream.isTTY && stream.columns > 0 ? stream.columns : 100,
    cwd: process.cwd(),
    sourceOf,
  }
}

// https://no-color.org and its counterpart, as Node itself reads them
function isColorful(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return Boolean(stream.isTTY) && TERM !== 'dumb'
}

function sourceOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return embeddedSourceOf(file)
  }
}
