import { addVitestMatchers } from './add-vitest-matchers.ts'
import type { QueryMatchers } from './query-matchers.ts'

export type { QueryMatchers } from './query-matchers.ts'

declare global {
  // Vitest maps over these in every major, while the parameters of its own `Matchers` change
  namespace Chai {
    interface Assertion extends QueryMatchers {}
  }
}

/* Side effect: importing this adds the matchers to `expect` of Vitest. */
addVitestMatchers()
