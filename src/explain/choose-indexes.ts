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

/**
 * A factor of 2 can be the price of a random page alone, which is a guess of the server's settings, and pretended indexes
 * are a few percent off. A cost of 100 is that of a hundred pages: below it is nothing to be gained.
 */
export const GATE: Gate = { ratio: 2.5, difference: 100 }
/** Where an execution showed that rows are read and thrown away, any gain of the right kind of index counts. */
export const GATE_WHEN_SHOWN: Gate = { ratio: 1.05, difference: 0 }

/** Costs this close are the same: then the smaller index is the better one. */
const SAME = 1.1
/** Unless a column more leaves nothing to filter, and with it half of the rows or fewer are left. */
const NARROWS = 0.5
/** Rows for each value of what leads an index, from which on a further column is worth it. */
const WORTH_NARROWING = 10
const MOST_INDEXES = 4
/** Above this a partial index saves too little. */
const LARGEST_SHARE = 0.1
/** From here on, a cost rests on conditions being independent of each other, which only an execution tells. */
const RESTS_ON_INDEPENDENCE = 10
/** What the best column alone must bring, then. */
const RATIO_ALONE = 4

interface Tried {
  readonly set: CandidateSet
  readonly outcome: TrialOutcome
}

/** What is chosen for. */
export interface Choice {
  readonly sets: readonly CandidateSet[]
  readonly dialect: Dialect
  /** What the statement costs where it really runs, for the report: that of the trial may leave out parallel workers. */
  readonly costBefore: number | undefined
  /** The rows of the tables are known from an execution, so that estimates need no doubt. */
  readonly isShown: boolean
  /** What a column or an expression is compared with, as SQL with its values; for the server alone. */
  readonly conditionOf?: (table: string, key: string) => string | undefined
  /** Gate for a set. */
  readonly gateOf: (set: CandidateSet) => Gate
}

/** What was chosen, and what came of it. */
export interface Chosen {
  readonly chosen: readonly IndexCandidate[]
  /** One for each of them. */
  readonly indexes: readonly VerifiedIndex[]
}

/**
 * The smallest set of indexes that makes the statement much cheaper, each of which its plan uses; empty where there is
 * none.
 */
export async function chooseIndexes(trial: IndexTrial, choice: Choice): Promise<Chosen> {
  const chosen: IndexCandidate[] = []
  let cost = Math.min(trial.costBefore, choice.costBefore ?? Number.POSITIVE_INFINITY)
  while (chosen.length < MOST_INDEXES) {
    const best = await bestOf(trial, choice, chosen, cost)
    if (best === undefined) break
    chosen.push(...best.set)
    cost = best.outcome.cost
  }
  const left = await withoutIdle(trial, chosen)
  const indexes: VerifiedIndex[] = []
  for (const candidate of left) indexes.push(await verified(trial, candidate, choice, cost))
  return { chosen: left, indexes }
}

/** The next set to take on top of those that are chosen. */
async function bestOf(
  trial: IndexTrial,
  choice: Choice,
  chosen: readonly IndexCandidate[],
  cost: number,
): Promise<Tried | undefined> {
  const open = choice.sets.filter((set) => {
    const isNew = set.every((candidate) => !chosen.includes(candidate) && trial.supports(candidate))
    return isNew && cost > choice.gateOf(set).difference
  })
  const tried: Tried[] = []
  for (const set of open) {
    const outcome = await trial.planWith([...chosen, ...set])
    const uses = outcome?.uses.slice(chosen.length) ?? []
    if (outcome !== undefined && !uses.includes('none')) tried.push({ set, outcome })
  }
  const passed: Tried[] = []
  for (const each of tried) {
    const { ratio, difference } = choice.gateOf(each.set)
    const { cost: after } = each.outcome
    const isWorthIt = cost >= after * ratio && cost - after >= difference
    if (!isWorthIt || (!choice.isShown && isDoubtful(each, tried, cost))) continue
    if (!(await isTooWide(trial, each.set))) passed.push(each)
  }
  return smallest(trial, passed, choice)
}

/**
 * The planner multiplies the shares of several conditions, as if none told anything about another: a city and its zip
 * code. An index that owes its cost to that must be worth it by its best column alone.
 */
function isDoubtful({ set }: Tried, tried: readonly Tried[], cost: number): boolean {
  const [candidate] = set
  if (candidate === undefined || set.length > 1 || candidate.purpose === 'order') return false
  const ofTable = tried.filter(({ set: [other], set: { length } }) => length === 1 && other?.table === candidate.table)
  const costs = (isOf: (keys: number) => boolean): number =>
    Math.min(...ofTable.filter(({ set: [other] }) => isOf(other?.keys.length ?? 0)).map(({ outcome }) => outcome.cost))
  const alone = costs((keys) => keys === 1)
  const together = costs((keys) => keys > 1)
  return alone >= together * RESTS_ON_INDEPENDENCE && cost < alone * RATIO_ALONE
}

async function smallest(trial: IndexTrial, passed: readonly Tried[], choice: Choice): Promise<Tried | undefined> {
  const least = Math.min(...passed.map(({ outcome }) => outcome.cost))
  const close = passed.filter(({ outcome }) => outcome.cost <= least * SAME)
  const bySize = close.sort((one, other) => sizeOf(one) - sizeOf(other) || one.outcome.cost - other.outcome.cost)
  const [first] = bySize
  if (first === undefined || first.outcome.uses.every((use) => use === 'fully')) return first
  for (const other of bySize.slice(1)) if (await isNarrower(trial, first, other, choice)) return other
  return first
}

/**
 * A longer index that reads half of the rows or fewer is the better one, though costs may not tell: they make a page that is
 * read along with its neighbours cheap.
 */
async function isNarrower(trial: IndexTrial, first: Tried, other: Tried, { conditionOf }: Choice): Promise<boolean> {
  const [short, long] = [first.set[0], other.set[0]]
  if (short === undefined || long === undefined || first.set.length > 1 || other.set.length > 1) return false
  const further = long.keys.slice(short.keys.length)
  const begins = short.keys.every(({ text }, at) => long.keys[at]?.text === text)
  const isSame = short.table === long.table && long.include.length + short.include.length === 0
  if (!begins || !isSame || further.length !== 1 || !other.outcome.uses.every((use) => use === 'fully')) return false
  const distinct = Math.max(1, ...short.keys.map((key) => key.distinct ?? 1))
  const predicate = conditionOf?.(long.table.name, further[0]?.text ?? '')
  if (predicate === undefined || (short.table.rows ?? 0) / distinct < WORTH_NARROWING) return false
  const share = await trial.shareOf?.({ ...long, predicate })
  return share !== undefined && share <= NARROWS
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
  return chosen.filter((_, at) => outcome?.uses[at] !== 'none')
}

async function verified(
  trial: IndexTrial,
  candidate: IndexCandidate,
  { dialect, costBefore = trial.costBefore }: Choice,
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
