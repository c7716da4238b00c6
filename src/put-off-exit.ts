import { stackSites } from './instrument/stack-sites.ts'

const EVENT = 'beforeExit'

type Emit = (...args: unknown[]) => boolean

/**
 * Puts the end of this process off as often as `isPutOff` says so, which has then started what keeps the process alive.
 *
 * Node tells by `beforeExit` that nothing is left to do, and once more when what a listener has started is done. So
 * whoever does that in a listener lets all the others hear it once too often. This is asked before the listeners are: while
 * the end is put off none of them hears of it, and afterwards each hears it as it would have.
 *
 * A program that emits `beforeExit` itself has not come to its end, and is not held up. Where somebody has put another
 * `process.emit` in the place of ours, a listener stands in for it, and the others hear the event twice.
 *
 * @returns the way to stop that.
 */
export function putOffExit(isPutOff: () => boolean): () => void {
  const own = Object.getOwnPropertyDescriptor(process, 'emit')
  const original = process.emit as Emit
  let isAsked = false
  function emit(this: NodeJS.Process, ...args: unknown[]): boolean {
    if (args[0] !== EVENT) return Reflect.apply(original, this, args)
    if (isOfNode(emit) && isPutOff()) return this.listenerCount(EVENT) > 0
    isAsked = true
    try {
      return Reflect.apply(original, this, args)
    } finally {
      isAsked = false
    }
  }
  const standIn = (): void => {
    if (!isAsked) isPutOff()
  }
  Object.defineProperty(process, 'emit', { value: emit, writable: true, configurable: true, enumerable: false })
  process.on(EVENT, standIn)
  return () => {
    process.off(EVENT, standIn)
    // one that was put over ours calls it on
    if ((process.emit as Emit) !== emit) return
    if (own === undefined) Reflect.deleteProperty(process, 'emit')
    else Object.defineProperty(process, 'emit', own)
  }
}

/**
 * True where nobody's code is below an event but `process.emit` itself, which others may have replaced by theirs, as
 * `signal-exit` does.
 */
function isOfNode(emit: Emit): boolean {
  const sites = stackSites(emit)?.filter((site) => !site.getFileName()?.startsWith('node:')) ?? []
  const first = sites.at(-1)
  return first === undefined || /emit/i.test(`${first.getFunctionName()} ${first.getMethodName()}`)
}
