import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import 'nonplus/jest'

export { afterAll, beforeAll, beforeEach, describe, expect, test }

/** What this runner has, in one form for all. */
export const runner = {
  atOnce: (name, tests) =>
    describe(name, () => {
      for (const [title, run] of Object.entries(tests)) test.concurrent(title, () => run(expect))
    }),
  each: (values, name, run) => test.each(values)(name, run),
  failing: (name, run) => test.failing(name, run),
  retried: (name, run) => {
    jest.retryTimes(2)
    test(name, run)
  },
  // drivers wait for the queues of Node
  useFakeTimers: () => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }),
  useRealTimers: () => jest.useRealTimers(),
  withCallback: (name, run) => test(name, (done) => run(done)),
  snapshots: true,
}
