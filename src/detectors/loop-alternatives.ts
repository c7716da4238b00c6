import type { NPlusOneFinding } from '../model/finding.ts'
import type { Plan, VerifiedIndex } from '../model/plan.ts'
import type { Execution, Trace } from '../model/trace.ts'
import type { Loop } from './loop.ts'
import { milliseconds } from './number-words.ts'
import { type PlanSubject, subjectOf } from './plan-detector.ts'
import { rowsOfEachRun } from './plan-rows.ts'
import { earlyEnd, isFullScan, scansOf } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'
import { list } from './plan-words.ts'
import { type Asked, workOf } from './plan-work.ts'

/** What a loop takes, and what it would take; milliseconds. */
export interface LoopAlternatives {
  readonly times: NonNullable<NPlusOneFinding['alternatives']>
  readonly index: VerifiedIndex | undefined
  /** Table that is read whole. */
  readonly table: string
}

/** Rows of a table below which reading it whole is as good as any index. */
const SMALL_TABLE = 1_000

/**
 * What batching, an index, and both would make of a loop whose statement reads a table whole. Undefined where it does not,
 * and where neither an index was tried nor the batched statement planned.
 *
 * The loop itself was measured. A turn of it is a round trip and work; work is what plans are compared for.
 */
export function loopAlternatives(trace: Trace, loop: Loop): LoopAlternatives | undefined {
  const explained = trace.plans?.find(({ statement }) => statement === loop.lookup.statement)
  const subject = explained === undefined ? undefined : subjectOf(trace, explained)
  const [of] = explained?.plans ?? []
  if (explained === undefined || subject === undefined || of === undefined || loop.count < 2) return undefined
  const scan = scansOf(subject, of).find(
    (each) => isFullScan(each) && Math.max(rowsOfEachRun(each) ?? 0, each.table.catalog?.rows ?? 0) >= SMALL_TABLE,
  )
  const index = explained.indexes.find(
    ({ table, purpose, costBefore }) =>
      isSame(table, scan?.table.name) &&
      costBefore > 0 &&
      // the cost of one for an order may rest on a LIMIT; its plan tells
      (purpose !== 'order' || explained.indexed !== undefined),
  )
  // how far it was read is not known
  if (scan !== undefined && earlyEnd(scan) === 'soon') return undefined
  if (scan === undefined || (index === undefined && explained.batched === undefined)) return undefined
  return { index, table: scan.table.name, times: timesOf(trace, loop, index, subject, of.plan) }
}

/** Work of what could be done instead, in that of one turn. */
interface Ratios {
  readonly batched: number
  /** Of one turn. */
  readonly indexed: number
  /** Undefined where that was not planned. */
  readonly both: number | undefined
}

function ratiosOf(subject: PlanSubject, single: Plan, loop: Loop, index: VerifiedIndex | undefined): Ratios {
  const { batched, indexed } = subject
  const keys = keysOf(loop)
  const perTurn = rowsPerTurn(loop)
  const one = { keys: 1, planned: 1, rows: perTurn }
  const all = { keys, planned: batched?.parameters ?? keys, rows: perTurn * keys }
  const now = workOf(subject, single, one)
  const ratioOf = (plan: Plan | undefined, asked: Asked): number | undefined => {
    const work = plan === undefined || now === undefined ? undefined : workOf(subject, plan, asked)
    return work === undefined || now === undefined ? undefined : work / Math.max(1, now)
  }
  return {
    // without its plan: reading the table once finds the rows of all keys
    batched: ratioOf(batched?.plan, all) ?? ratioOf(single, { ...all, planned: keys }) ?? 1,
    indexed: index === undefined ? 1 : Math.min(1, ratioOf(indexed, one) ?? index.costAfter / index.costBefore),
    both: index === undefined ? undefined : ratioOf(batched?.withIndex, all),
  }
}

function keysOf({ distinct, count }: Loop): number {
  return distinct || count
}

function rowsPerTurn({ lookup: { executions } }: Loop): number {
  const counted = executions.flatMap(({ rows }) => rows ?? [])
  return counted.reduce((sum, rows) => sum + rows, 0) / Math.max(1, counted.length)
}

function timesOf(
  trace: Trace,
  loop: Loop,
  index: VerifiedIndex | undefined,
  subject: PlanSubject,
  single: Plan,
): LoopAlternatives['times'] {
  const ratios = ratiosOf(subject, single, loop, index)
  const now = ownDuration(loop)
  const turn = turnOf(loop) ?? now / loop.count
  const trip = Math.min(roundTrip(trace.executions, subject.roundTripMs), turn)
  const work = turn - trip
  const batched = Math.min(now, trip + work * ratios.batched)
  const keyed = trip + keysOf(loop) * work * ratios.indexed
  const both = ratios.both === undefined ? keyed : trip + work * ratios.both
  return {
    now: rounded(now),
    batched: rounded(batched),
    indexed: rounded(index === undefined ? now : Math.min(now, loop.count * (trip + work * ratios.indexed))),
    both: rounded(index === undefined ? batched : Math.min(batched, both)),
    ...(index !== undefined && ratios.both === undefined ? { atMost: true as const } : {}),
  }
}

/** Of one execution that was not held up: the median, without waiting for a connection. */
function turnOf({ lookup: { executions } }: Loop): number | undefined {
  const times = timesOfAll(executions).sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)]
}

/** Of the statement alone, without what the same line sends beside it. */
function ownDuration({ lookup, repetition }: Loop): number {
  const listed = lookup.executions.reduce((sum, { durationMs }) => sum + Math.max(0, durationMs), 0)
  return repetition.folded.reduce((sum, { durationMs }) => sum + durationMs, listed)
}

/**
 * The way to the server and back, at least: what the fastest execution of the scope took, or less where a connection of
 * nonplus's own was faster. In a scope of scans alone, only the latter tells.
 */
function roundTrip(executions: readonly Execution[], measured: number | undefined): number {
  const times = timesOfAll(executions)
  if (times.length === 0) return measured ?? 0
  return Math.min(...times, measured ?? Number.POSITIVE_INFINITY)
}

function timesOfAll(executions: readonly Execution[]): number[] {
  return executions.flatMap(({ durationMs, waitMs = 0, error }) =>
    durationMs > 0 && error === undefined ? [Math.max(0, durationMs - waitMs)] : [],
  )
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** The same as a sentence, to stand behind the proof of a loop. */
export function alternativesWords({ times, index, table }: LoopAlternatives): string {
  const { now, batched, indexed, both, atMost } = times
  const begin = ` It reads ${table} whole each time: the loop took ${milliseconds(now)} here.`
  const one = `one statement for all would take about ${milliseconds(batched)}`
  if (index === undefined) return `${begin} By its plan, ${one}.`
  const name = `an index on ${index.table} (${index.columns.join(', ')})`
  const together = `both ${atMost ? 'at most' : 'about'} ${milliseconds(both)}`
  return `${begin} By their plans, ${list([one, `${name} alone about ${milliseconds(indexed)}`, together])}.`
}
