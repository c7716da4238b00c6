import { state } from '../instrument/state.ts'
import type { Coverage, DriverCoverage } from '../model/report.ts'
import type { SdkSpan } from './span-types.ts'

/** Instrumentations that are told apart. */
const MAX_SOURCES = 50

/** What the spans of statements were worth, in numbers. */
export interface SpanCounters {
  seen: number
  /** Filed under a unit of work. */
  attributed: number
  withCallSite: number
  /** Were roots themselves, or below what ended before them and is no request. */
  outside: number
  /** Without a text. */
  untold: number
  /** With a text that was cut. */
  cut: number
  /** Began below a unit that had ended, or were still running when it did. */
  late: number
  /** Began below a span that had ended, in a unit that had not. */
  underEnded: number
  /** Below a span that is not known: not sampled, or of a unit that was given up. */
  unplaced: number
  /** Counted, but not kept. */
  folded: number
  /** Kept in units that were given up. */
  givenUp: number
  /** Findings that were not handed on, since too many waited. */
  lost: number
  /** Findings that became no event, since their trace had too many. */
  unsent: number
}

/** Counts what spans told, and what not; the coverage of their reports is made of it. */
export class SpanCoverage {
  readonly counters: SpanCounters = {
    seen: 0,
    attributed: 0,
    withCallSite: 0,
    outside: 0,
    untold: 0,
    cut: 0,
    late: 0,
    underEnded: 0,
    unplaced: 0,
    folded: 0,
    givenUp: 0,
    lost: 0,
    unsent: 0,
  }
  readonly #sources = new Map<string, DriverCoverage>()
  /** True where the spans are left alone, since nonplus sees the statements themselves. */
  isSilent = false

  /** Counts the span of a statement. */
  see({ instrumentationScope, instrumentationLibrary }: SdkSpan): void {
    this.counters.seen++
    const { name = 'unknown', version = '' } = instrumentationScope ?? instrumentationLibrary ?? {}
    if (this.#sources.has(name) || this.#sources.size >= MAX_SOURCES) return
    this.#sources.set(name, { name, version, via: 'spans' })
  }

  report(): Coverage {
    const { seen, attributed, withCallSite } = this.counters
    const drivers = [...this.#sources.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { seen, attributed, withCallSite, drivers, warnings: [...warningsOf(this.counters, this.isSilent)] }
  }
}

function* warningsOf(counters: SpanCounters, isSilent: boolean): Generator<string> {
  const { seen, attributed, untold, cut, late, underEnded, unplaced, outside, folded, givenUp, lost, unsent } = counters
  if (isSilent) {
    yield 'NonplusInstrumentation is enabled in this process and sees the statements themselves: their spans are left alone.'
  }
  if (attributed > 0) {
    yield 'Spans hold no parameters and no rows: nothing here can be proven, and N+1 queries of fewer than five ' +
      'look-ups are not found. NonplusInstrumentation sees both.'
  }
  if (late > 0) {
    yield `${spans(late)} under the wrong parent: a request that had ended, or ended while they ran. The ` +
      'instrumentation loses context in pools, or they were not awaited. They are not judged, and other spans may be ' +
      'under a request that is not theirs.'
  }
  if (underEnded > 0) {
    yield `${spans(underEnded)} under a parent that had ended before they began: they may belong elsewhere, and are ` +
      'judged where they are.'
  }
  if (unplaced > 0)
    yield `${spans(unplaced)} under a parent that is not known: it was not recorded, or is of a trace that was given up.`
  if (outside > 0)
    yield `${spans(outside)} in no request, message or other trace, or their context was lost: they are not judged.`
  if (untold > 0) yield `${spans(untold)} without db.query.text or db.statement: they are counted, and not judged.`
  if (cut > 0)
    yield `${spans(cut)} with a text that was cut: they are not judged. Raise the limit for the length of attributes.`
  if (folded > 0) yield `${spans(folded)} beyond the limit of their trace: they are counted by shape only.`
  if (givenUp > 0)
    yield `${spans(givenUp)} in traces that were given up before they ended: too many were open, or too long.`
  if (lost > 0) yield `${lost} traces with findings were not handed on: too many waited.`
  if (unsent > 0) yield `${unsent} findings were not sent as events: of a trace the first 20 are.`
  const { failures } = state.counters
  if (failures > 0) {
    yield `${failures} errors inside nonplus were caught; what they touched is missing. Please report them.`
    yield* state.failureMessages.map((message) => `nonplus: ${message}`)
  }
  if (seen === 0) yield 'No span of an SQL statement was seen. Is an instrumentation of the driver registered?'
}

function spans(count: number): string {
  return count === 1 ? '1 span of a statement is' : `${count} spans of statements are`
}
