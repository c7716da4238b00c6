import { isMainThread } from 'node:worker_threads'

const SIGNALS: ReadonlySet<unknown> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Calls `listener` when a signal is about to end this process because nobody in it listens for that signal; the process
 * then dies of it, as it would have done.
 *
 * A listener for a signal changes two things for the rest of the process, and neither may happen to the host. Node no
 * longer dies of the signal: so ours sends it again, and is gone by then. And code that counts listeners takes ours for
 * a handler of the application, as `signal-exit` does, which then leaves the ending to "the other one": so ours is
 * there only while no other is. It steps aside when one is added, and back when the last one is removed, which also
 * catches the handlers that clean up, remove themselves, and send the signal again.
 *
 * One thing it does change: while the event loop is blocked, the signal waits for it.
 *
 * @returns the way to stop that.
 */
export function onSignalDeath(listener: () => void): () => void {
  if (!isMainThread) return () => {}
  let isOver = false
  const die = (signal: NodeJS.Signals): void => {
    isOver = true
    for (const name of SIGNALS) process.off(name as NodeJS.Signals, die)
    listener()
    process.kill(process.pid, signal)
  }
  process.on('newListener', (name: string, added: unknown) => {
    if (isOver || added === die || !SIGNALS.has(name)) return
    // Not at once: Node lets go of a signal whose last listener is removed, and the new one is not in the list yet.
    queueMicrotask(() => {
      if (process.listenerCount(name) > 1) process.off(name, die)
    })
  })
  process.on('removeListener', (name: string, removed: unknown) => {
    if (isOver || removed === die || !SIGNALS.has(name) || process.listenerCount(name) > 0) return
    process.on(name as NodeJS.Signals, die)
  })
  for (const name of SIGNALS) if (process.listenerCount(name as string) === 0) process.on(name as NodeJS.Signals, die)
  return () => {
    isOver = true
    for (const name of SIGNALS) process.off(name as NodeJS.Signals, die)
  }
}
