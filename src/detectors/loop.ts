import type { Confidence } from '../model/finding.ts'
import type { Frame, Trace } from '../model/trace.ts'
import { distinctKeysOf, isIdLike, isProbe, lookupOf } from './lookup.ts'
import { type ColumnIndex, type Lookup, type Provenance, provenanceOf } from './provenance.ts'
import type { Repetition } from './repetition.ts'
import { unseenLoopOf } from './unseen-loop.ts'

/** A repetition that was recognised as a loop. */
export interface Loop {
  readonly repetition: Repetition
  readonly lookup: Lookup
  readonly provenance: Provenance | undefined
  readonly confidence: Confidence
  readonly count: number
  /** Distinct keys; 0 where none was seen. */
  readonly distinct: number
  /** Other loops of the same line over the same rows. */
  readonly companions: Loop[]
}

/**
 * A loop made of callbacks is entered from outside once, and from its own callback from then on: its first turn comes
 * by another chain of calls, from the same line. Undefined where there is no such single execution.
 */
function withFirstTurn(repetition: Repetition, all: readonly Repetition[]): Repetition | undefined {
  const [frame] = repetition.frames
  const [first] = repetition.executions
  if (frame === undefined || first === undefined) return undefined
  const place = `${frame.file}:${frame.line}:${frame.column}`
  const single = all.find(
    ({ statement, executions, folded, frames }) =>
      statement === repetition.statement &&
      executions.length === 1 &&
      folded.length === 0 &&
      (executions[0]?.id ?? first.id) < first.id &&
      isAt(frames[0], place),
  )
  return single && { ...repetition, executions: [...single.executions, ...repetition.executions] }
}

/** Recognises a loop, its first turn included; undefined where the repetition is none. */
export function loopOf(
  trace: Trace,
  repetition: Repetition,
  all: readonly Repetition[],
  columns: ColumnIndex,
  threshold: number,
): Loop | undefined {
  const loop = judge(trace, repetition, columns, threshold)
  const joined = loop === undefined ? undefined : withFirstTurn(repetition, all)
  const longer = joined === undefined ? undefined : judge(trace, joined, columns, threshold)
  return loop !== undefined && longer !== undefined && haveSameSource(longer, loop) ? longer : loop
}

function haveSameSource({ provenance: a }: Loop, { provenance: b }: Loop): boolean {
  return a !== undefined && a.statement === b?.statement && a.column === b.column && a.slot === b.slot
}

function judge(trace: Trace, repetition: Repetition, columns: ColumnIndex, threshold: number): Loop | undefined {
  const statement = trace.statements[repetition.statement]
  if (statement === undefined || statement.writes || (statement.kind !== 'select' && statement.kind !== 'call')) {
    return undefined
  }
  const lookup = lookupOf(trace, repetition)
  if (lookup === undefined) return unseen(trace, repetition, threshold)
  const provenance = provenanceOf(trace, lookup, columns)
  const listed = distinctKeysOf(lookup)
  const count = lookup.executions.length + repetition.folded.reduce((sum, folded) => sum + folded.count, 0)
  const distinct = Math.max(listed, ...repetition.folded.map(({ distinctParameters }) => listed + distinctParameters))
  if (listed < 2) return undefined
  const loop = { repetition, lookup, provenance, count, distinct, companions: [] }
  if (provenance !== undefined) return { ...loop, confidence: 'proven' }
  if (distinct < threshold || isProbe(statement) || !isIdLike(trace, lookup)) return undefined
  const isPlaced = repetition.frames.length > 0 || repetition.spanPath !== undefined
  return { ...loop, confidence: isPlaced ? 'likely' : 'candidate' }
}

function unseen(trace: Trace, repetition: Repetition, threshold: number): Loop | undefined {
  const found = unseenLoopOf(trace, repetition, threshold)
  if (found === undefined) return undefined
  const { executions, slots, confidence } = found
  const lookup = { statement: repetition.statement, executions, slots }
  const count = executions.length + repetition.folded.reduce((sum, folded) => sum + folded.count, 0)
  return { repetition, lookup, provenance: undefined, confidence, count, distinct: 0, companions: [] }
}

/** An ORM may send several statements per row from one line: they are one cause, and become one finding. */
export function mergeCompanions(loops: readonly Loop[]): Loop[] {
  const byCause = new Map<string, Loop>()
  for (const loop of loops) {
    const key = causeOf(loop, loops) ?? `alone ${byCause.size}`
    const first = byCause.get(key)
    if (first === undefined) byCause.set(key, loop)
    else first.companions.push(loop)
  }
  return [...byCause.values()].sort((a, b) => durationOf(b) - durationOf(a))
}

/** Line and column a loop goes back to; a look-up by what another one of the same line has read goes back with it. */
function causeOf(loop: Loop, loops: readonly Loop[]): string | undefined {
  const [frame] = loop.repetition.frames
  let source = loop.provenance
  if (frame === undefined || source === undefined) return undefined
  const place = `${frame.file}:${frame.line}:${frame.column}`
  for (const seen = new Set([loop]); ; ) {
    const outer = loops.find(
      (other) =>
        !seen.has(other) &&
        other.repetition.statement === source?.statement &&
        other.count === loop.count &&
        isAt(other.repetition.frames[0], place),
    )
    if (outer?.provenance === undefined) break
    seen.add(outer)
    source = outer.provenance
  }
  return [place, source.statement, source.column, loop.count].join('\u001f')
}

function isAt(frame: Frame | undefined, place: string): boolean {
  return frame !== undefined && `${frame.file}:${frame.line}:${frame.column}` === place
}

/** Time of all its statements together, companions included. */
export function durationOf({ lookup, repetition, companions }: Loop): number {
  let sum = 0
  for (const { durationMs } of lookup.executions) sum += Math.max(0, durationMs)
  for (const { durationMs } of repetition.folded) sum += durationMs
  for (const companion of companions) sum += durationOf(companion)
  return sum
}
