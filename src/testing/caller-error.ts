/** An error of an assertion that is made where it was called: when it fails, after the block has run, that line is gone. */
export class CallerError {
  readonly #error: Error

  constructor(create: (message: string) => Error) {
    this.#error = create('')
  }

  /** The error, to be thrown. */
  saying(message: string): Error {
    const error = this.#error
    const [, ...frames] = (error.stack ?? '').split(/\n(?= +at )/)
    error.message = message
    error.stack = [`${error.name}: ${message}`, ...frames].join('\n')
    return error
  }
}
