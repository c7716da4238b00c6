import { CallerError } from './caller-error.ts'
import { constantQueries, linearQueries } from './constant-queries.ts'
import { noFindings, noNPlusOne } from './no-findings.ts'
import type { Outcome } from './outcome.ts'
import { runQueries } from './run-queries.ts'
import { withinBudget } from './within-budget.ts'

type Assertion = (name: string, block: never, ...rest: never[]) => Promise<Outcome>

/** Every assertion but the snapshot, which each runner keeps in its own way, by the name of its matcher. */
export const assertions = {
  toRunQueries: runQueries,
  toRunNoQueries: (name: string, block: never, filter: object = {}) =>
    runQueries(name, block, { ...filter, exactly: 0 }),
  toHaveNoNPlusOne: noNPlusOne,
  toHaveNoFindings: noFindings,
  toRunConstantQueries: constantQueries,
  toRunLinearQueries: linearQueries,
  toStayWithinBudget: withinBudget,
} satisfies Record<string, Assertion>

/** What a runner knows of the test, inside a matcher of `expect.extend()`. */
export interface MatcherContext {
  readonly currentTestName?: string
  readonly isNot?: boolean
}

/** A matcher as `expect.extend()` takes it. */
export type Matcher = (this: MatcherContext, received: unknown, ...rest: unknown[]) => Promise<Outcome>

/** The same for `expect.extend()` of Vitest and Jest. */
export const matchers: Record<keyof typeof assertions, Matcher> = Object.fromEntries(
  Object.entries(assertions as Record<string, Assertion>).map(([name, assertion]) => [name, matcherOf(assertion)]),
) as Record<keyof typeof assertions, Matcher>

function matcherOf(assertion: Assertion): Matcher {
  return async function matcher(received, ...rest) {
    const { currentTestName = '', isNot = false } = this
    const error = new CallerError((message) => new Error(message), matcher)
    // thrown, since Vitest makes its own error when the block has run, and the line of the call is gone then
    return error.hold(() => assertion(currentTestName, received as never, ...(rest as never[])), isNot)
  }
}
