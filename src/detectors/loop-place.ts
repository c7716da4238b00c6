import type { Execution, Frame, Trace } from '../model/trace.ts'

/**
 * The line of the loop, where the statement is sent from a function that the loop calls.
 *
 * The loop stands in the function that also had the rows read, by itself or through another helper: so it is the first
 * frame of the statement's chain whose function stands in the chain of the parent query too. A helper that sends every
 * query of an application is passed over: where both chains begin with the same calls, nothing is told by them.
 *
 * @returns undefined where that is the call site itself, or nothing is known.
 */
export function loopPlaceOf(trace: Trace, frames: readonly Frame[], parents: readonly Execution[]): Frame | undefined {
  const functions = new Set<string>()
  let helpers = frames.length
  for (const chain of chainsOf(trace, parents)) {
    const shared = sharedFrames(frames, chain)
    helpers = Math.min(helpers, shared)
    for (const frame of chain.slice(shared)) functions.add(functionKey(frame))
  }
  if (functions.size === 0) return undefined
  const index = frames.findIndex((frame, position) => position >= helpers && functions.has(functionKey(frame)))
  const place = index === -1 ? helpers : index
  return place === 0 ? undefined : frames[place]
}

/** The line that had the rows read: above the helper, where the statement was sent through the same one. */
export function parentPlaceOf(
  trace: Trace,
  frames: readonly Frame[],
  parents: readonly Execution[],
): Frame | undefined {
  const [chain] = chainsOf(trace, parents)
  return chain?.[sharedFrames(frames, chain)] ?? chain?.[0]
}

function chainsOf(trace: Trace, executions: readonly Execution[]): (readonly Frame[])[] {
  const sites = new Set(executions.flatMap(({ callSite }) => callSite ?? []))
  return [...sites].map((callSite) => trace.callSites[callSite]?.frames ?? []).filter(({ length }) => length > 0)
}

/** How many calls two chains have in common at their inner ends: at the same place, not merely in the same function. */
function sharedFrames(a: readonly Frame[], b: readonly Frame[]): number {
  const end = a.findIndex((frame, index) => {
    const other = b[index]
    return frame.file !== other?.file || frame.line !== other.line || frame.column !== other.column
  })
  return end === -1 ? a.length : end
}

function functionKey({ file, function: name }: Frame): string {
  return `${file}\u001f${name}`
}
