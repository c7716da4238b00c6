import { writeText } from '../../write-text.ts'

const FIRST_MS = 1_000
const NEXT_MS = 5_000

/** Says on standard error what is being done, from a second on, until it is stopped. */
export class Progress {
  readonly #begun = performance.now()
  #step = 'connecting'
  #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setTimeout(() => this.#tell(), FIRST_MS)
  }

  /** What is being done now. */
  set step(step: string) {
    this.#step = step
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #tell(): void {
    const seconds = Math.round((performance.now() - this.#begun) / 1000)
    writeText(2, `nonplus: ${this.#step} … (${seconds} s)\n`)
    this.#timer = setTimeout(() => this.#tell(), NEXT_MS)
  }
}
