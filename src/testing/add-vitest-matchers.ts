import { chai, expect } from 'vitest'
import { CallerError, type Matcher, type MatcherContext, matchers, querySnapshot } from './vitest-parts.ts'
import { namesOf, type Task } from './vitest-task.ts'

/** Adds the matchers to `expect` of Vitest. */
export function addVitestMatchers(): void {
  const all = { ...matchers, toMatchQuerySnapshot } as Record<string, Matcher>
  for (const [name, matcher] of Object.entries(all)) {
    expect.extend({ [name]: namingTest(matcher) } as Parameters<typeof expect.extend>[0])
    chai.util.overwriteMethod(chai.Assertion.prototype, name, notingTest)
  }
}

/** The test of the matcher that is being called; beside others the current test is another one. */
let task: Task | undefined

// Vitest tells it to its own matchers up to 3, and to all from 4 on
function notingTest(original: (...args: unknown[]) => unknown) {
  return function (this: Chai.Assertion, ...args: unknown[]): unknown {
    task = chai.util.flag(this, 'vitest-test')
    try {
      return original.apply(this, args)
    } finally {
      task = undefined
    }
  }
}

function namingTest(matcher: Matcher): Matcher {
  return function (this: MatcherContext, ...args) {
    const { isNot = false } = this
    const currentTestName = task === undefined ? (this.currentTestName ?? '') : namesOf(task).join(' > ')
    return matcher.call({ isNot, currentTestName }, ...args)
  }
}

async function toMatchQuerySnapshot(this: MatcherContext, received: unknown, hint?: string): Promise<unknown> {
  const test = task
  const caller = new CallerError((message) => new Error(message), toMatchQuerySnapshot)
  if (this.isNot) throw caller.saying('toMatchQuerySnapshot() cannot be used with `not`.')
  const { text } = await querySnapshot(this.currentTestName ?? '', received as never)
  const assertion = expect(text)
  if (test !== undefined) chai.util.flag(assertion, 'vitest-test', test)
  try {
    assertion.toMatchSnapshot(hint)
  } catch (error) {
    throw caller.placing(error as Error)
  }
  return { pass: true, message: () => '' }
}
