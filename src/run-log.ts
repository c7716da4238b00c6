import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import { threadId } from 'node:worker_threads'
import { measureCoverage, type ProcessCoverage } from './coverage.ts'
import { now } from './instrument/clock.ts'
import { type BlindSpot, findBlindSpots } from './instrument/loader.ts'
import { embeddedSourceOf } from './instrument/source-map.ts'
import { reportFailure, state } from './instrument/state.ts'
import type { Finding } from './model/finding.ts'
import type { ReportScope, ScopeTotals } from './model/report.ts'
import type { PlanOutcome } from './plan-ledger.ts'
import type { ScopeResult } from './scope-result.ts'
import { ScopeSieve } from './scope-sieve.ts'
import { TimelineBudget } from './timeline-budget.ts'

/** A line of the `.jsonl` file of a process. */
export type LogLine =
  | { readonly type: 'scope'; readonly scope: ReportScope; readonly findings: readonly Finding[] }
  /** Text of a source that is not on disk, for code frames. */
  | { readonly type: 'source'; readonly file: string; readonly text: string }
  /** What became of one statement whose plan was asked for. */
  | { readonly type: 'plan'; readonly outcome: PlanOutcome }

/** The `.json` file of a process: written over and over. */
export interface LogRecord {
  /** Command line of the process, its own flags left out. */
  readonly command: string
  readonly coverage: ProcessCoverage
  readonly totals: readonly ScopeTotals[]
  readonly droppedFindings: number
  /** True where plans are asked for. Absent in logs of older versions. */
  readonly explains?: boolean
}

/** How often the counts are written, where they have changed. */
const RECORD_MS = 100

/** How long what was found out about loaded modules is believed: it takes a walk over all of them. */
const BLIND_SPOTS_MS = 2_000

/** Longer sources are compiled bundles; a code frame is not worth their size. */
const MAX_SOURCE_CHARACTERS = 1_000_000
const MAX_SOURCES = 100

/**
 * What one process of a run leaves for `nonplus run`, which reads it when its child has ended: a program may be several
 * processes (`npm start` is three), and any of them may be killed at any time, without a chance to say anything. So
 * each turn of the event loop in which a scope closed ends with a write, which the operating system keeps whatever
 * happens to the process.
 *
 * Two files: a line per scope, bounded by a {@link ScopeSieve}, and one record of counts, which is overwritten in place.
 */
export class RunLog {
  readonly #lineFile: number
  readonly #recordFile: number
  readonly #timer: NodeJS.Timeout
  readonly #sieve = new ScopeSieve()
  readonly #sources = new Set<string>()
  readonly #timeline: TimelineBudget | undefined
  #lines: string[] = []
  #isWriteDue = false
  #hasNews = false
  #explains = false
  #seen = 0
  #recordBytes = 0
  #blindSpots: readonly BlindSpot[] = []
  #blindSpotsUntil = 0
  #isClosed = false

  /**
   * @param hasTimeline true to log the executions of each scope, too.
   * @throws where the folder cannot be written to.
   */
  constructor(folder: string, hasTimeline = false) {
    this.#timeline = hasTimeline ? new TimelineBudget() : undefined
    const path = join(folder, `${process.pid}-${threadId}-${Date.now().toString(36)}`)
    this.#lineFile = openSync(`${path}.jsonl`, 'a')
    this.#recordFile = openSync(`${path}.json`, 'w')
    this.#timer = setInterval(() => this.#writeNews(), RECORD_MS).unref()
  }

  /** Notes a scope; it is written at the end of this turn of the event loop. */
  add(result: ScopeResult): void {
    this.#hasNews = true
    const { scope } = result
    const { isListed, findings } = this.#sieve.sift(scope, result.findings)
    if (!isListed) return
    for (const finding of findings) this.#addSources(finding)
    const timeline = this.#timeline?.take(result) ?? {}
    const dialect = timeline.executions === undefined ? {} : { dialect: result.trace.dialect }
    this.#append({ type: 'scope', scope: { ...scope, ...timeline, ...dialect }, findings })
    this.#writeSoon()
  }

  /** Notes what became of a statement; written as scopes are. */
  addPlan(outcome: PlanOutcome): void {
    this.#hasNews = true
    this.#explains = true
    this.#append({ type: 'plan', outcome })
    this.#writeSoon()
  }

  /** Says that plans are asked for, also where none will come. */
  noteExplaining(): void {
    this.#explains = true
  }

  /** Writes what is waiting; for the end of the process. */
  flush(): void {
    if (this.#isClosed) return
    guard(() => {
      this.#writeLines()
      this.#blindSpotsUntil = 0
      this.#writeRecord()
    })
  }

  /** Writes what is waiting, and nothing after that; for the end of a sandbox, of which one process may have hundreds. */
  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    clearInterval(this.#timer)
    closeSync(this.#lineFile)
    closeSync(this.#recordFile)
  }

  #append(line: LogLine): void {
    this.#lines.push(`${JSON.stringify(line)}\n`)
  }

  #writeSoon(): void {
    if (this.#isWriteDue) return
    this.#isWriteDue = true
    setImmediate(() => guard(() => this.#writeLines())).unref()
  }

  #addSources({ frames }: Finding): void {
    for (const { file } of frames) {
      if (this.#sources.has(file) || this.#sources.size >= MAX_SOURCES) continue
      this.#sources.add(file)
      const text = existsSync(file) ? undefined : embeddedSourceOf(file)
      if (text !== undefined && text.length <= MAX_SOURCE_CHARACTERS) this.#append({ type: 'source', file, text })
    }
  }

  #writeLines(): void {
    this.#isWriteDue = false
    const text = this.#lines.join('')
    this.#lines = []
    if (text !== '' && !this.#isClosed) writeSync(this.#lineFile, text)
  }

  // statements outside any scope make news, too
  #writeNews(): void {
    if (this.#hasNews || state.counters.seen !== this.#seen) guard(() => this.#writeRecord())
  }

  #writeRecord(): void {
    this.#hasNews = false
    this.#seen = state.counters.seen
    const time = now()
    if (time >= this.#blindSpotsUntil) {
      this.#blindSpots = findBlindSpots()
      this.#blindSpotsUntil = time + BLIND_SPOTS_MS
    }
    const { droppedFindings } = this.#sieve
    const coverage = measureCoverage(this.#blindSpots)
    const explains = this.#explains ? { explains: true } : {}
    const totals = this.#sieve.totals()
    const record: LogRecord = { command: commandLine(), coverage, totals, droppedFindings, ...explains }
    const bytes = Buffer.from(JSON.stringify(record))
    // padded, so that a longer record before it leaves no rest
    this.#recordBytes = Math.max(this.#recordBytes, bytes.length)
    writeSync(
      this.#recordFile,
      Buffer.concat([bytes, Buffer.alloc(this.#recordBytes - bytes.length, ' ')]),
      0,
      undefined,
      0,
    )
  }
}

function commandLine(): string {
  const [program = '', ...args] = process.argv
  return [basename(program), ...args].join(' ')
}

function guard(write: () => void): void {
  try {
    write()
  } catch (error) {
    reportFailure('run log', error)
  }
}
