import type { CallSite, Frame } from '../model/trace.ts'

/** A place in a chain of calls. */
export interface Link {
  readonly frame: Frame
  /** False where its function was on the stack. */
  readonly isAwaiting: boolean
}

/** The calls of a call site, innermost first; repeats of a frame by recursion count once. */
export function chainOf(site: CallSite | undefined): Link[] {
  const { frames = [], awaiting = Number.POSITIVE_INFINITY } = site ?? {}
  const links = frames.map((frame, index) => ({ frame, isAwaiting: index >= awaiting }))
  return links.filter(({ frame }, index) => index === 0 || !isSamePlace(frame, frames[index - 1] as Frame))
}

/**
 * True where two chains are one: the shorter is the beginning of the longer, because a stack is cut where a promise is not
 * awaited.
 *
 * A loop that begins before the first `await` of its function has its first turn on the stack of its callers: they are
 * at the call then, and at the `await` before it from the second turn on, when those that only hand a promise on are gone.
 */
export function areOneChain(a: readonly Link[], b: readonly Link[]): boolean {
  let [at, bt] = [0, 0]
  let hasPassed = false
  while (at < a.length && bt < b.length) {
    const [one, other] = [a[at] as Link, b[bt] as Link]
    if (areOnePlace(one, other)) {
      at++
      bt++
      hasPassed = false
    } else if (at > 0 && bt > 0 && one.isAwaiting !== other.isAwaiting) {
      if (one.isAwaiting) bt++
      else at++
      hasPassed = true
    } else return false
  }
  return !hasPassed
}

/** True where `a` says more than `b`, which is the same chain: it is the one of more turns of a loop, or is not cut so soon. */
export function isFuller(a: readonly Link[], b: readonly Link[]): boolean {
  const more = awaitingCount(a) - awaitingCount(b)
  return more > 0 || (more === 0 && a.length > b.length)
}

function awaitingCount(links: readonly Link[]): number {
  return links.filter(({ isAwaiting }) => isAwaiting).length
}

/** The same position, or a call and the `await` of it. */
function areOnePlace(a: Link, b: Link): boolean {
  if (isSamePlace(a.frame, b.frame)) return true
  if (a.isAwaiting === b.isAwaiting) return false
  const [call, wait] = a.isAwaiting ? [b.frame, a.frame] : [a.frame, b.frame]
  return (
    call.file === wait.file &&
    call.line === wait.line &&
    call.column > wait.column &&
    call.function.split('.').at(-1) === wait.function.split('.').at(-1)
  )
}

function isSamePlace(a: Frame, b: Frame): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column
}
