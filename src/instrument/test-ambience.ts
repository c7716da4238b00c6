import type { AmbientScopes } from './ambient-scopes.ts'
import { Scope } from './scope.ts'

/** Shown in the coverage with the number of statements. */
const REASON = 'sent outside of tests, by their hooks and while files were loaded'

/**
 * What a test suite sends in no scope: hooks make and clear data, which is judged nowhere, and is no blind spot either.
 *
 * Where a runner gives no way to run a test inside a scope, the test is a window: what is sent in no scope while it is
 * open is filed under it. Two windows at a time cannot be told apart, so their statements are left out then.
 */
export class TestAmbience implements AmbientScopes {
  readonly #outside = new Scope({ name: 'hooks', kind: 'block', isAmbient: true }, REASON)
  readonly #mixed = new Scope(
    { name: 'tests', kind: 'block', isAmbient: true },
    'sent by tests that ran at the same time',
  )
  /** From the test that is open to the innermost of its subtests. */
  readonly #windows: Scope[] = []
  /** Open beside those. */
  readonly #others = new Set<Scope>()

  current(): Scope {
    return this.#others.size > 0 ? this.#mixed : (this.#windows.at(-1) ?? this.#outside)
  }

  window(): Scope | undefined {
    return this.#others.size > 0 ? undefined : this.#windows.at(-1)
  }

  /** The open window that a test of this name is part of: its name begins with that of the test. */
  enclosing(name: string): Scope | undefined {
    return this.#windows.findLast((window) => name.startsWith(`${window.name} > `))
  }

  open(window: Scope): void {
    if (this.#others.size === 0 && this.#windows.at(-1) === window.parent) this.#windows.push(window)
    else this.#others.add(window)
  }

  close(window: Scope): void {
    const position = this.#windows.indexOf(window)
    if (position !== -1) this.#windows.splice(position, 1)
    this.#others.delete(window)
    window.close()
  }

  /** None: each test is a unit of work, and closes. */
  unclosed(): readonly Scope[] {
    return []
  }

  note(): void {}
  retire(): void {}
  finish(): void {
    for (const window of [...this.#others, ...this.#windows].reverse()) this.close(window)
  }
}
