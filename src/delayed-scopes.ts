import type { Explainer } from './explainer.ts'
import { noteLoss } from './instrument/state.ts'
import type { Study } from './study.ts'

/** Longest time a scope waits for the plans of its statements. Milliseconds. */
const MAX_WAIT_MS = 5_000

/** Scopes that wait at once: each keeps what it read. */
const MAX_WAITING = 200

const LOSS = 'scopes were judged before the plans of all of their statements were there: too many came at once'

/** Scopes that have closed, and are judged once the plans of their statements are there. */
export class DelayedScopes {
  readonly #explainer: Explainer
  readonly #idle = new Set<() => void>()
  #count = 0

  constructor(explainer: Explainer) {
    this.#explainer = explainer
  }

  /** Scopes that wait now. */
  get count(): number {
    return this.#count
  }

  /** Calls `deliver` once these studies are settled; at once where none is open, or too many scopes wait already. */
  add(studies: readonly Study[], deliver: () => void): void {
    if (studies.length === 0 || this.#count >= MAX_WAITING) {
      if (studies.length > 0) noteLoss(LOSS, 1)
      deliver()
      return
    }
    this.#count++
    this.#explainer.whenSettled(studies, MAX_WAIT_MS, (isComplete) => {
      this.#count--
      if (!isComplete) noteLoss(LOSS, 1)
      deliver()
      if (this.#count === 0) this.#tellIdle()
    })
  }

  /** Resolves when no scope waits. */
  async whenIdle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#idle.add(resolve))
  }

  #tellIdle(): void {
    for (const listener of [...this.#idle]) {
      this.#idle.delete(listener)
      listener()
    }
  }
}
