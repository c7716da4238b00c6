import { expect } from '@jest/globals'
import { matchers } from './matchers.ts'
import { querySnapshot } from './query-snapshot.ts'

interface Context {
  readonly currentTestName?: string
  readonly isNot?: boolean
}

/** Adds the matchers to `expect` of Jest. */
export function addJestMatchers(): void {
  expect.extend({
    ...matchers,
    async toMatchQuerySnapshot(this: Context, received: unknown, hint?: string) {
      if (this.isNot) throw new Error('toMatchQuerySnapshot() cannot be used with `not`.')
      const { text } = await querySnapshot(this.currentTestName ?? '', received as never)
      if (hint === undefined) expect(text).toMatchSnapshot()
      else expect(text).toMatchSnapshot(hint)
      return { pass: true, message: () => '' }
    },
  })
}
