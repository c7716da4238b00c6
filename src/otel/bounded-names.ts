/** What names beyond the bound are counted as. */
export const OTHER = '_other'

/**
 * Keeps the values of a metric's attribute few: each is a time series of its own, which backends charge for, and SDKs
 * hold until the process ends. The first ones keep their name.
 */
export class BoundedNames {
  readonly #names = new Set<string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  of(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#limit) return OTHER
    this.#names.add(name)
    return name
  }
}
