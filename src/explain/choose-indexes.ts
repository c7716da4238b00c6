import type { VerifiedIndex } from '../model/plan.ts'
import type { Dialect } from '../model/statement.ts'
import { type IndexCandidate, indexDdl, replacedBy } from './index-candidate.ts'
import type { CandidateSet } from './index-candidates.ts'
import type { IndexTrial, TrialOutcome } from './index-trial.ts'

/** What an index must bring, so that it is worth what it costs at every write. */
export interface Gate {
  /** Of the statement's costs without and with it. */
  readonly ratio: number
  /** Difference of these. */
  readonly difference: number
}

/** Half the cost, and more than what a hundred pages cost: below that it is noise of the model. */
export const GATE: Gate = { ratio: 2, difference: 100 }
/** Where an execution showed that rows are read and thrown away, any gain of the right kind of index counts. */
export const GATE_WHEN_SHOWN: Gate = { ratio: 1.05, difference: 0 }

/** Costs this close are the same: then the smaller index is the better one. */
const SAME = 1.1
/** A second index must halve what the first one left. */
const SECOND_RATIO = 2
const MOST_INDEXES = 4
/** Above this a partial index saves too little. */
const LARGEST_SHARE = 0.1

interface Tried {
  readonly set: CandidateSet
  readonly outcome: TrialOutcome
}

/** What is chosen for. */
export interface Choice {
  readonly sets: readonly CandidateSet[]
  readonly dialect: Dialect
  /** What the statement costs where it really runs, for the report: that of the trial may leave out parallel workers. */
  readonly costBefore: number
  /** Gate for a set. */
  readonly gateOf: (set: CandidateSet) => Gate
}

/**
 * The smallest set of indexes that makes the statement much cheaper, each of which its plan uses; empty where there is
 * none.
 */
export async function chooseIndexes(trial: IndexTrial, choice: Choice): Promise<VerifiedIndex[]> {
  const chosen: IndexCandidate[] = []
  let cost = Math.min(trial.costBefore, choice.costBefore)
  while (chosen.length < MOST_INDEXES) {
    const best = await bestOf(trial, choice, chosen, cost)
    if (best === undefined) break
    chosen.push(...best.set)
    cost = best.outcome.cost
  }
  const left = await withoutIdle(trial, chosen)
  const indexes: VerifiedIndex[] = []
  for (const candidate of left) indexes.push(await verified(trial, candidate, choice, cost))
  return indexes
}

/** The next set to take on top of those that are chosen. */
async function bestOf(
  trial: IndexTrial,
  { sets, gateOf }: Choice,
  chosen: readonly IndexCandidate[],
  cost: number,
): Promise<Tried | undefined> {
  const tried: Tried[] = []
  for (const set of sets) {
    if (set.some((candidate) => chosen.includes(candidate) || !trial.supports(candidate))) continue
    const outcome = await trial.planWith([...chosen, ...set])
    if (outcome === undefined || !outcome.isUsed.slice(chosen.length).every(Boolean)) continue
    const gate = gateOf(set)
    const ratio = chosen.length === 0 ? gate.ratio : Math.max(gate.ratio, SECOND_RATIO)
    if (cost / Math.max(outcome.cost, Number.EPSILON) < ratio || cost - outcome.cost < gate.difference) continue
    if (await isTooWide(trial, set)) continue
    tried.push({ set, outcome })
  }
  const least = Math.min(...tried.map(({ outcome }) => outcome.cost))
  const close = tried.filter(({ outcome }) => outcome.cost <= least * SAME)
  return close.sort((one, other) => sizeOf(one) - sizeOf(other) || one.outcome.cost - other.outcome.cost)[0]
}

async function isTooWide(trial: IndexTrial, set: CandidateSet): Promise<boolean> {
  for (const candidate of set) {
    if (candidate.predicate === undefined) continue
    const share = await trial.shareOf?.(candidate)
    if (share === undefined || share >= LARGEST_SHARE) return true
  }
  return false
}

/** Columns that have to be kept, where a condition of a partial index counts a little. */
function sizeOf({ set }: Tried): number {
  const sizes = set.map(
    ({ keys, include, predicate }) => keys.length + include.length + (predicate === undefined ? 0 : 0.5),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** An index that a later one took the place of is not needed. */
async function withoutIdle(trial: IndexTrial, chosen: readonly IndexCandidate[]): Promise<readonly IndexCandidate[]> {
  if (chosen.length < 2) return chosen
  const outcome = await trial.planWith(chosen)
  return chosen.filter((_, at) => outcome?.isUsed[at] !== false)
}

async function verified(
  trial: IndexTrial,
  candidate: IndexCandidate,
  { dialect, costBefore }: Choice,
  costAfter: number,
): Promise<VerifiedIndex> {
  const { table, keys, include, predicate, method, purpose, extension } = candidate
  const bytes = await trial.bytesOf(candidate)
  const replaced = replacedBy(candidate)
  const isInstalled = extension === undefined
  const needed = isInstalled ? '' : `CREATE EXTENSION IF NOT EXISTS ${extension};\n`
  return {
    ddl: needed + indexDdl(candidate, dialect),
    ...(table.schema === undefined ? {} : { schema: table.schema }),
    table: table.name,
    columns: keys.map(({ text, isColumn }) => (isColumn ? unquoted(text) : text)),
    ...(include.length === 0 ? {} : { include }),
    ...(predicate === undefined ? {} : { predicate }),
    method,
    costBefore,
    costAfter,
    verifiedBy: trial.by,
    ...(bytes === undefined ? {} : { bytes }),
    ...(replaced === undefined ? {} : { replaces: replaced.name }),
    purpose,
  }
}

function unquoted(text: string): string {
  const match = /^["`](.*)["`]$/s.exec(text)
  return match?.[1] === undefined ? text : match[1].replaceAll(/(["`])\1/g, '$1')
}
