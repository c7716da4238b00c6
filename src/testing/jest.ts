import { addJestMatchers } from './add-jest-matchers.ts'
import type { QueryMatchers } from './query-matchers.ts'

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

/* Side effect: importing this adds the matchers to `expect` of Jest. */
addJestMatchers()
