import type { Execution, Frame, Trace } from '../model/trace.ts'

/**
 * The line of the loop, where the statement is sent from a function that the loop calls.
 *
 * The loop stands in the function that also had the rows read, by itself or through another helper: so it is the first
 * frame of the statement's chain whose function stands in the chain of the parent query too.
 *
 * @returns undefined where that is the call site itself, or nothing is known.
 */
export function loopPlaceOf(trace: Trace, frames: readonly Frame[], parents: readonly Execution[]): Frame | undefined {
  const functions = new Set<string>()
  for (const { callSite } of parents) {
    if (callSite === undefined) continue
    for (const frame of trace.callSites[callSite]?.frames ?? []) functions.add(functionKey(frame))
  }
  const index = frames.findIndex((frame) => functions.has(functionKey(frame)))
  return index > 0 ? frames[index] : undefined
}

function functionKey({ file, function: name }: Frame): string {
  return `${file}\u001f${name}`
}
