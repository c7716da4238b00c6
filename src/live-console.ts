import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyBaseline } from './baseline.ts'
import type { Report } from './model/report.ts'
import { readBaseline } from './read-baseline.ts'
import { renderFinding, renderRepeat } from './reporters/finding-text.ts'
import type { ReporterContext } from './reporters/reporter.ts'
import { renderSummary } from './reporters/summary.ts'
import type { ScopeResult } from './scope-result.ts'
import { writeText } from './write-text.ts'

/** Times a finding is shown as one line before it only counts: a busy server would fill the screen. */
const MAX_REPEAT_LINES = 3

/** How a console shows things; all may be left out. */
export interface ConsoleOptions {
  /** What paths are shown relative to. Default: the working directory at the time of printing. */
  readonly cwd?: string | undefined
  /** False for no escape codes; otherwise the environment and the stream decide. */
  readonly color?: boolean | undefined
  /** Folder in which the processes of a run tell each other what was shown in full. */
  readonly folder?: string | undefined
  /** File of a baseline; what it tolerates is not printed as it comes. */
  readonly baseline?: string | undefined
  /** Text of a source that is not on disk. */
  readonly embeddedSourceOf?: ((file: string) => string | undefined) | undefined
}

/** Prints findings on standard error while the program runs: in full the first time, one line the next few times. */
export class LiveConsole {
  readonly #options: ConsoleOptions
  readonly #occurrences = new Map<string, number>()
  readonly #tolerated: ReadonlySet<string>

  /** @throws NonplusError where the baseline cannot be read. */
  constructor(options: ConsoleOptions = {}) {
    this.#options = options
    const { findings } = options.baseline === undefined ? emptyBaseline : readBaseline(options.baseline)
    this.#tolerated = new Set(findings.map(({ identity }) => identity))
  }

  /** Prints the findings of a scope that has closed. */
  print({ scope, findings }: ScopeResult): void {
    const context = contextOf(process.stderr, this.#options)
    for (const finding of findings) {
      if (this.#tolerated.has(finding.identity)) continue
      const count = (this.#occurrences.get(finding.identity) ?? 0) + 1
      this.#occurrences.set(finding.identity, count)
      if (count === 1 && this.#isFirstInRun(finding.identity))
        this.#write(`\n${renderFinding(finding, scope, context)}`)
      else if (count <= MAX_REPEAT_LINES + 1) this.#write(renderRepeat(finding, Math.max(count, 2), context))
    }
  }

  /** Prints the table of scopes and the coverage. */
  summarize(report: Report): void {
    this.#write(`\n${renderSummary(report, contextOf(process.stderr, this.#options))}`)
  }

  #write(text: string): void {
    writeText(2, `${text}\n`)
  }

  #isFirstInRun(identity: string): boolean {
    const { folder } = this.#options
    if (folder === undefined) return true
    try {
      writeFileSync(join(folder, `shown-${identity.replaceAll(':', '-')}`), '', { flag: 'wx' })
      return true
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EEXIST'
    }
  }
}

/** How to write to a stream: in colour and as wide as it is, where it is a terminal. */
export function contextOf(stream: NodeJS.WriteStream, options: ConsoleOptions = {}): ReporterContext {
  const { cwd, color, embeddedSourceOf } = options
  return {
    color: color !== false && isColorful(stream),
    width: stream.isTTY && stream.columns > 0 ? stream.columns : 100,
    cwd: cwd ?? process.cwd(),
    sourceOf: (file) => textOf(file) ?? embeddedSourceOf?.(file),
  }
}

// https://no-color.org and its counterpart, as Node itself reads them
function isColorful(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return Boolean(stream.isTTY) && TERM !== 'dumb'
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
