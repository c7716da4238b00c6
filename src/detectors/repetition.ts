import type { Execution, Folded, Frame, Trace } from '../model/trace.ts'
import { areOneChain, chainOf, isFuller, type Link } from './chain.ts'

/** Executions of one shape from one chain of calls. */
export interface Repetition {
  readonly statement: number
  /** Listed ones, in start order. */
  readonly executions: readonly Execution[]
  readonly folded: readonly Folded[]
  /** Innermost first; empty where no execution has a call site. */
  readonly frames: readonly Frame[]
  /** Names of the spans around all of them, innermost first: of executions that have no call site and were read from spans. */
  readonly spanPath?: readonly string[]
}

/**
 * Groups the executions of a trace by shape and chain of calls.
 *
 * The chain, not the line alone: a helper's line is the same for all who call it, and two unrelated users of one
 * helper are no loop. Which chains are one is told by {@link areOneChain}.
 */
export function repetitionsOf(trace: Trace): Repetition[] {
  const byStatement = new Map<number, Execution[]>()
  for (const execution of trace.executions) fileUnder(byStatement, execution.statement, execution)
  return [...byStatement].flatMap(([statement, executions]) => splitByChain(trace, statement, executions))
}

interface Chain {
  links: readonly Link[]
  frames: readonly Frame[]
  executions: Execution[]
  folded: Folded[]
}

function splitByChain(trace: Trace, statement: number, executions: readonly Execution[]): Repetition[] {
  const chains: Chain[] = []
  const known = new Map<number, Chain>()
  const chainFor = (callSite: number): Chain => {
    let chain = known.get(callSite)
    if (chain === undefined) {
      chain = joinChain(chains, trace, callSite)
      known.set(callSite, chain)
    }
    return chain
  }
  const unplaced: Execution[] = []
  const bySpans = new Map<number, Execution[]>()
  for (const execution of executions) {
    const { callSite, spanPath } = execution
    if (callSite !== undefined) chainFor(callSite).executions.push(execution)
    else if (spanPath !== undefined) fileUnder(bySpans, spanPath, execution)
    else unplaced.push(execution)
  }
  const unplacedSums: Folded[] = []
  for (const sums of trace.folded) {
    if (sums.statement !== statement) continue
    if (sums.callSite === undefined) unplacedSums.push(sums)
    else chainFor(sums.callSite).folded.push(sums)
  }
  chains[0]?.folded.push(...unplacedSums)
  placeRest(chains, unplaced)
  const placed = chains.map(({ executions, folded, frames }) => ({
    statement,
    executions: executions.sort((a, b) => a.id - b.id),
    folded,
    frames,
  }))
  return [...placed, ...underSpans(trace, statement, bySpans, chains.length === 0 ? unplacedSums : [])]
}

/** Repetitions of executions that have no stack, by the spans around them; sums go to the longest. */
function underSpans(
  trace: Trace,
  statement: number,
  bySpans: ReadonlyMap<number, readonly Execution[]>,
  sums: readonly Folded[],
): Repetition[] {
  const groups = [...bySpans].sort(([, a], [, b]) => b.length - a.length)
  return groups.map(([spanPath, executions], index) => ({
    statement,
    executions,
    folded: index === 0 ? sums : [],
    frames: [],
    spanPath: trace.spanPaths?.[spanPath] ?? [],
  }))
}

function fileUnder<Key>(lists: Map<Key, Execution[]>, key: Key, execution: Execution): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [execution])
  else list.push(execution)
}

function joinChain(chains: Chain[], trace: Trace, callSite: number): Chain {
  const site = trace.callSites[callSite]
  const frames = site?.frames ?? []
  const links = chainOf(site)
  const known = chains.find((chain) => areOneChain(chain.links, links))
  if (known === undefined) {
    const chain: Chain = { links, frames, executions: [], folded: [] }
    chains.push(chain)
    return chain
  }
  if (isFuller(links, known.links)) {
    known.links = links
    known.frames = frames
  }
  return known
}

/**
 * An execution without a call site belongs to the only chain there is. Among several it goes with its neighbours, where
 * the ones before and after it that have a call site are of one chain; else nobody can tell.
 */
function placeRest(chains: Chain[], unplaced: readonly Execution[]): void {
  const [only] = chains
  if (unplaced.length === 0) return
  if (only !== undefined && chains.length === 1) {
    only.executions.push(...unplaced)
    return
  }
  const placed = chains
    .flatMap((chain) => chain.executions.map(({ id }) => ({ id, chain })))
    .sort((a, b) => a.id - b.id)
  const lost: Execution[] = []
  for (const execution of unplaced) {
    const after = placed.findIndex(({ id }) => id > execution.id)
    const next = placed[after]?.chain
    const previous = placed[after === -1 ? placed.length - 1 : after - 1]?.chain
    const chain = next === undefined || previous === undefined || next === previous ? (next ?? previous) : undefined
    if (chain === undefined) lost.push(execution)
    else chain.executions.push(execution)
  }
  if (lost.length > 0) chains.push({ links: [], frames: [], executions: lost, folded: [] })
}

/** True where two executions overlap in time: they were sent side by side, not one after the other's end. */
export function areConcurrent(executions: readonly Execution[]): boolean {
  let latestEnd = Number.NEGATIVE_INFINITY
  let overlaps = 0
  for (const { startMs, durationMs } of executions) {
    if (startMs < latestEnd) overlaps++
    latestEnd = Math.max(latestEnd, startMs + Math.max(0, durationMs))
  }
  return overlaps * 2 >= executions.length - 1 && overlaps > 0
}
