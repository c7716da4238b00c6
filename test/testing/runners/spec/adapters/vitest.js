import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import 'nonplus/vitest'

export { afterAll, beforeAll, beforeEach, describe, expect, test }

/** What this runner has, in one form for all. */
export const runner = {
  atOnce: (name, tests) =>
    describe.concurrent(name, () => {
      for (const [title, run] of Object.entries(tests)) test(title, (context) => run(context.expect))
    }),
  each: (values, name, run) => test.each(values)(name, run),
  failing: (name, run) => test.fails(name, run),
  retried: (name, run) => test(name, { retry: 2 }, run),
  useFakeTimers: () => vi.useFakeTimers(),
  useRealTimers: () => vi.useRealTimers(),
  snapshots: true,
}
