/*
 * Taken before a test puts fake timers in their place, under which nothing takes any time and what is put off never comes.
 */

/** Milliseconds since the process began, as `performance.now()` counts them. */
export const now: () => number = performance.now.bind(performance)

/** When that was, as `Date.now()` counts. */
export const timeOrigin: number = performance.timeOrigin

/** As `queueMicrotask()`. */
export const inMicrotask: (callback: () => void) => void = queueMicrotask

/** As `process.nextTick()`. */
export const inNextTick: (callback: () => void) => void = process.nextTick
