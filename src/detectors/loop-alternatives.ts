import type { NPlusOneFinding } from '../model/finding.ts'
import type { ExplainedStatement, Plan, VerifiedIndex } from '../model/plan.ts'
import type { Execution, Trace } from '../model/trace.ts'
import type { Loop } from './loop.ts'
import { milliseconds } from './number-words.ts'
import { subjectOf } from './plan-detector.ts'
import { rowsOfEachRun } from './plan-rows.ts'
import { isFullScan, scansOf } from './plan-scan.ts'
import { isSame } from './plan-tables.ts'
import { list } from './plan-words.ts'

/** What a loop takes, and what it would take; milliseconds. */
export interface LoopAlternatives {
  readonly times: NonNullable<NPlusOneFinding['alternatives']>
  readonly index: VerifiedIndex | undefined
}

/** Rows of a table below which reading it whole is as good as any index. */
const SMALL_TABLE = 1_000

/**
 * What batching, an index, and both would make of a loop whose statement reads a table whole. Undefined where it does not,
 * and where neither an index was tried nor the batched statement planned.
 *
 * The loop itself was measured. Of each of its executions, a round trip is what the fastest execution of the scope took;
 * the rest is work, which is what costs are compared for, and only with each other.
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
    ({ table, purpose, costBefore }) => isSame(table, scan?.table.name) && purpose !== 'order' && costBefore > 0,
  )
  const batchedCost = batchedRatio(explained, of.plan, loop)
  if (scan === undefined || (index === undefined && batchedCost === undefined)) return undefined
  return { index, times: timesOf(trace, loop, index, batchedCost) }
}

/** Cost of the batched statement for all keys of the loop, in those of one look-up. */
function batchedRatio({ batched }: ExplainedStatement, single: Plan, { distinct, count }: Loop): number | undefined {
  const [one, all] = [single.root.totalCost, batched?.plan.root.totalCost]
  if (batched === undefined || one === undefined || all === undefined || one <= 0) return undefined
  // where it was planned for fewer keys, more cost more, at worst in proportion
  return (all / one) * Math.max(1, (distinct || count) / Math.max(1, batched.parameters))
}

function timesOf(
  trace: Trace,
  loop: Loop,
  index: VerifiedIndex | undefined,
  batchedCost: number | undefined,
): LoopAlternatives['times'] {
  const now = ownDuration(loop)
  const trip = Math.min(roundTrip(trace.executions), now / loop.count)
  const work = now / loop.count - trip
  const indexed = index === undefined ? 1 : Math.min(1, index.costAfter / index.costBefore)
  const keys = loop.distinct || loop.count
  // without its plan: reading the table once finds the rows of all keys
  const batched = trip + work * (batchedCost ?? 1)
  return {
    now: rounded(now),
    batched: rounded(Math.min(now, batched)),
    indexed: rounded(index === undefined ? now : loop.count * (trip + work * indexed)),
    both: rounded(index === undefined ? Math.min(now, batched) : Math.min(batched, trip + keys * work * indexed)),
  }
}

/** Of the statement alone, without what the same line sends beside it. */
function ownDuration({ lookup, repetition }: Loop): number {
  const listed = lookup.executions.reduce((sum, { durationMs }) => sum + Math.max(0, durationMs), 0)
  return repetition.folded.reduce((sum, { durationMs }) => sum + durationMs, listed)
}

/** What an execution takes at least: that of the scope which took least. 0 where none was timed. */
function roundTrip(executions: readonly Execution[]): number {
  const times = executions.flatMap(({ durationMs, waitMs = 0, error }) =>
    durationMs > 0 && error === undefined ? [Math.max(0, durationMs - waitMs)] : [],
  )
  return times.length === 0 ? 0 : Math.min(...times)
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** The same as a sentence, to stand behind the proof of a loop. */
export function alternativesWords({ times, index }: LoopAlternatives): string {
  const { now, batched, indexed, both } = times
  const name = index === undefined ? undefined : `an index on ${index.table} (${index.columns.join(', ')})`
  const ways = [
    `one statement for all about ${milliseconds(batched)}`,
    ...(name === undefined ? [] : [`${name} alone about ${milliseconds(indexed)}`, `both about ${milliseconds(both)}`]),
  ]
  return ` It reads ${index?.table ?? 'its table'} whole each time: the loop took ${milliseconds(now)} here; by the costs of the plans, ${list(ways)} would do.`
}
