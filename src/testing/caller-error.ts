import { NonplusError } from '../model/errors.ts'
import { hasFailed, type Outcome } from './outcome.ts'

/** An error of an assertion that is made where it was called: when it fails, after the block has run, that line is gone. */
export class CallerError {
  readonly #error: Error

  /** @param callee whose frames, and those it calls, are left out of the stack. */
  constructor(create: (message: string) => Error, callee?: (...args: never[]) => unknown) {
    this.#error = create('')
    if (callee !== undefined) Error.captureStackTrace(this.#error, callee)
  }

  /**
   * Runs an assertion, which may also be the opposite of one.
   *
   * @throws this error where it failed; an error of wrong use shows the line of the call as well; what the block throws.
   */
  async hold<Result>(assertion: () => Promise<Outcome<Result>>, isNot = false): Promise<Outcome<Result>> {
    let outcome: Outcome<Result>
    try {
      outcome = await assertion()
    } catch (failure) {
      throw failure instanceof NonplusError ? this.placing(failure) : failure
    }
    if (hasFailed(outcome, isNot)) throw this.saying(outcome.message())
    return outcome
  }

  /** The error, to be thrown. */
  saying(message: string): Error {
    const error = this.#error
    error.message = message
    return this.placing(error)
  }

  /** An error that was made elsewhere, with the frames of this call. */
  placing<Failure extends Error>(failure: Failure): Failure {
    const [, ...frames] = (this.#error.stack ?? '').split(/\n(?= +at )/)
    failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n')
    return failure
  }
}
