import { chai, expect } from 'vitest'
import { matchers } from './matchers.ts'
import { querySnapshot } from './query-snapshot.ts'

interface Context {
  readonly currentTestName?: string
  readonly isNot?: boolean
  readonly task?: unknown
}

/** Adds the matchers to `expect` of Vitest. */
export function addVitestMatchers(): void {
  expect.extend({
    ...matchers,
    async toMatchQuerySnapshot(this: Context, received: unknown, hint?: string) {
      if (this.isNot) throw new Error('toMatchQuerySnapshot() cannot be used with `not`.')
      const { text } = await querySnapshot(this.currentTestName ?? '', received as never)
      const assertion = expect(text)
      // the test of this matcher, which beside others is not the current one
      if (this.task !== undefined) chai.util.flag(assertion, 'vitest-test', this.task)
      assertion.toMatchSnapshot(hint)
      return { pass: true, message: () => '' }
    },
  } as Parameters<typeof expect.extend>[0])
}
