import { expect } from '@jest/globals'
import { matchers } from './matchers.ts'
import type { QueryMatchers } from './query-matchers.ts'
import { querySnapshot } from './query-snapshot.ts'

export type { QueryMatchers } from './query-matchers.ts'

declare global {
  namespace jest {
    // of @types/jest
    // biome-ignore lint/complexity/noBannedTypes: all declarations must have the same parameters
    interface Matchers<R, T = {}> extends QueryMatchers {}
  }
}

declare module 'expect' {
  // of @jest/globals
  interface Matchers<R extends void | Promise<void>, T = unknown> extends QueryMatchers {}
}

interface Context {
  readonly currentTestName?: string
  readonly isNot?: boolean
}

/* Side effect: importing this adds the matchers to `expect` of Jest. */
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
