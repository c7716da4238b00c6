import { setTimeout } from 'node:timers'

/** At most so many a second, with as many at once after a pause. */
export class RateLimit {
  readonly #perSecond: number
  #tokens: number
  #at = performance.now()
  #isLifted = false
  #wake: (() => void) | undefined

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
  }

  /** Resolves when it is one's turn; its timer does not keep the process alive. */
  async take(): Promise<void> {
    while (!this.#isLifted && !this.#hasToken()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, 1_000 / this.#perSecond).unref()
      })
    }
  }

  /** No more waiting from now on. */
  lift(): void {
    this.#isLifted = true
    this.#wake?.()
  }

  #hasToken(): boolean {
    const time = performance.now()
    this.#tokens = Math.min(this.#perSecond, this.#tokens + ((time - this.#at) / 1_000) * this.#perSecond)
    this.#at = time
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
