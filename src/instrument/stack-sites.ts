/**
 * Frames looked at. ORMs put up to 26 between the application and the driver, and V8 charges for the frames that are
 * there, not for the limit.
 */
const LIMIT = 100

/**
 * The stack of the caller, as V8 has it and not as a text. Both settings of `Error` are put back at once, since loaders and
 * test runners install formatters of their own.
 *
 * @param below function whose frame and all above it are left out.
 * @returns undefined with frozen intrinsics: there is no stack to be had.
 */
export function stackSites(below: (...args: never[]) => unknown): NodeJS.CallSite[] | undefined {
  const previousLimit = Error.stackTraceLimit
  const previousFormatter = Error.prepareStackTrace
  let sites: NodeJS.CallSite[] | undefined
  try {
    Error.stackTraceLimit = LIMIT
    Error.prepareStackTrace = keepStructured
    const holder: { stack?: NodeJS.CallSite[] } = {}
    Error.captureStackTrace(holder, below)
    sites = holder.stack
  } catch {
    // frozen intrinsics
  } finally {
    try {
      Error.stackTraceLimit = previousLimit
      Error.prepareStackTrace = previousFormatter as typeof Error.prepareStackTrace
    } catch {
      // frozen intrinsics: nothing was changed
    }
  }
  return Array.isArray(sites) ? sites : undefined
}

function keepStructured(_error: Error, sites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return sites
}
