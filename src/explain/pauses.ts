import { setImmediate } from 'node:timers'

/** How long the application's thread is held at once, in as far as one statement takes no longer. Milliseconds. */
const MOST_MS = 4

/**
 * For databases in this process, which answer at once: what is called before each statement, and lets the application go on
 * when it was held long enough.
 */
export function pauses(): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < MOST_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    last = performance.now()
  }
}
