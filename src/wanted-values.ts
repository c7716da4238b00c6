/** A few values, to be looked for in many cells: one look-up per cell, and no text made of it. */
export class WantedValues {
  readonly #numbers = new Set<number>()
  readonly #texts = new Set<string>()
  readonly #times = new Set<number>()
  #hasBytes = false

  get isEmpty(): boolean {
    return this.#numbers.size + this.#texts.size + this.#times.size === 0 && !this.#hasBytes
  }

  /** Adds a value in every form that a driver may give it in; lists and documents add what they contain. */
  add(value: unknown): void {
    if (typeof value === 'number' || typeof value === 'bigint') {
      this.#numbers.add(Number(value))
      this.#texts.add(String(value))
    } else if (typeof value === 'string') this.#addText(value)
    else if (value instanceof Date) this.#times.add(value.getTime())
    else if (value instanceof Uint8Array) this.#hasBytes = true
    else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) this.add(part)
  }

  #addText(text: string): void {
    this.#texts.add(text)
    if (text.length === 36) this.#texts.add(text.toLowerCase())
    if (text.length > 32 || text === '') return
    const number = Number(text)
    if (!Number.isNaN(number)) this.#numbers.add(number)
    const time = Date.parse(text)
    if (!Number.isNaN(time)) this.#times.add(time)
  }

  /** True where a cell may be one of them; a byte string always may. Exact equality is left to the value table. */
  has(cell: unknown, depth = 0): boolean {
    switch (typeof cell) {
      case 'number':
        return this.#numbers.has(cell)
      case 'string':
        return this.#texts.has(cell) || (cell.length === 36 && this.#texts.has(cell.toLowerCase()))
      case 'bigint':
        return this.#texts.has(String(cell))
      case 'object':
        if (cell === null) return false
        if (cell instanceof Date) return this.#times.has(cell.getTime())
        if (cell instanceof Uint8Array) return this.#hasBytes || cell.byteLength === 16
        return depth < 5 && Object.values(cell).some((part) => this.has(part, depth + 1))
      default:
        return false
    }
  }
}
