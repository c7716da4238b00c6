import { NonplusError } from '../model/errors.ts'

/** The piece of code that an assertion runs. */
export type Block<Result = unknown> = () => Result | Promise<Result>

/**
 * Checks that an assertion was given a block to run, and not what running it has made.
 *
 * @param call how the assertion is written, for the message: `expect(fn).toRunQueries(…)`.
 * @throws NonplusError ERR_OPTION_INVALID
 */
export function checkBlock<Run extends (...args: never[]) => unknown>(block: unknown, call: string): Run {
  if (typeof block === 'function') return block as Run
  const got = block instanceof Promise ? 'a promise: it runs already, outside of what is measured' : typeof block
  throw new NonplusError(
    'ERR_OPTION_INVALID',
    `${call} takes a function, whose queries are looked at: expect(() => listPosts()). Got ${got}.`,
  )
}
