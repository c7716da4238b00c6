import { after as afterAll, before as beforeAll, beforeEach, describe, mock, test } from 'node:test'
import * as testing from 'nonplus/testing'

export { afterAll, beforeAll, beforeEach, describe, test }

const functions = {
  toRunQueries: testing.expectQueries,
  toRunNoQueries: testing.expectNoQueries,
  toHaveNoNPlusOne: testing.expectNoNPlusOne,
  toHaveNoFindings: testing.expectNoFindings,
  toRunConstantQueries: (run, options) =>
    options === undefined ? testing.expectConstantGrowth(run) : testing.expectConstantQueries({ ...options, run }),
  toRunLinearQueries: (run, options) => testing.expectLinearQueries({ ...options, run }),
  toStayWithinBudget: testing.expectWithinBudget,
  toMatchQuerySnapshot: testing.expectQuerySnapshot,
}

/** The functions in the form of the matchers, so that one spec does for all runners. */
export function expect(block) {
  return Object.fromEntries(Object.entries(functions).map(([name, fn]) => [name, (...rest) => fn(block, ...rest)]))
}

/** What this runner has, in one form for all. */
export const runner = {
  atOnce: (name, tests) =>
    describe(name, { concurrency: true }, () => {
      for (const [title, run] of Object.entries(tests)) test(title, () => run(expect))
    }),
  useFakeTimers: () => mock.timers.enable(),
  useRealTimers: () => mock.timers.reset(),
  withCallback: (name, run) => test(name, (_context, done) => run(done)),
  snapshots: false,
}
