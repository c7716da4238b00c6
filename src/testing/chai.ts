import * as chai from 'chai'
import { CallerError } from './caller-error.ts'
import { assertions } from './matchers.ts'
import type { Outcome } from './outcome.ts'
import type { QueryMatchers } from './query-matchers.ts'
import { matchesFile } from './snapshot-file.ts'

export type { QueryMatchers } from './query-matchers.ts'

declare global {
  namespace Chai {
    interface Assertion extends QueryMatchers {}
  }
}

type Assertion = (name: string, block: unknown, ...rest: unknown[]) => Promise<Outcome>

/** Adds the matchers to a chai; for a copy that is not the one this package finds: `chai.use(queryMatchers)`. */
export function queryMatchers(
  { Assertion, AssertionError }: Chai.ChaiStatic,
  { addMethod, flag }: Chai.ChaiUtils,
): void {
  const all = { ...assertions, toMatchQuerySnapshot: matchesFile } as unknown as Record<string, Assertion>
  for (const [name, assertion] of Object.entries(all)) {
    addMethod(Assertion.prototype, name, async function method(this: object, ...rest: unknown[]) {
      const error = new CallerError((message) => new AssertionError(message, undefined, method))
      await error.hold(() => assertion('', flag(this, 'object'), ...rest), Boolean(flag(this, 'negate')))
    })
  }
}

/* Side effect: importing this adds the matchers to `expect` of chai. */
chai.use(queryMatchers)
