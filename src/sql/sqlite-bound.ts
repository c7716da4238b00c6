import { isNamedValues } from './is-named-values.ts'

/**
 * Values bound to the placeholders of one SQLite statement, asked for in the order of the text, because SQLite numbers
 * them as it meets them: a bare `?` is one more than the largest number so far, `?5` is 5, and a name gets a number of
 * its own at its first mention. Arrays are bound by number. better-sqlite3 and node:sqlite also take an object with
 * values by name beside them; those by position then go to the placeholders that are not in it.
 */
export class SqliteBound {
  readonly #list: readonly unknown[]
  readonly #record: Readonly<Record<string, unknown>> | undefined
  readonly #numbers = new Map<string, number>()
  #last = 0
  #taken = 0

  constructor(parameters: readonly unknown[] | Readonly<Record<string, unknown>> | undefined) {
    if (Array.isArray(parameters)) {
      this.#list = parameters.filter((value) => !isNamedValues(value))
      this.#record = parameters.find(isNamedValues)
    } else {
      this.#list = []
      this.#record = parameters as Readonly<Record<string, unknown>> | undefined
    }
  }

  get(placeholder: string): unknown {
    const raw = placeholder.startsWith('%') ? fromPercent(placeholder) : placeholder
    const number = this.#numberOf(raw)
    const record = this.#record
    if (record === undefined) return this.#list[number - 1]
    if (raw !== '?') {
      for (const name of [raw.slice(1), raw]) if (Object.hasOwn(record, name)) return record[name]
    }
    if (this.#list.length > 0) return this.#list[this.#taken++]
    // sqlite3 takes numbers as names
    return Object.hasOwn(record, String(number)) ? record[String(number)] : undefined
  }

  #numberOf(raw: string): number {
    if (raw === '?') return ++this.#last
    let number = this.#numbers.get(raw)
    if (number === undefined) {
      number = raw.startsWith('?') ? Number(raw.slice(1)) : this.#last + 1
      this.#last = Math.max(this.#last, number)
      this.#numbers.set(raw, number)
    }
    return number
  }
}

/** `%s` and `%(name)s`, which a layer above SQLite may write. */
function fromPercent(placeholder: string): string {
  return placeholder[1] === '(' ? `:${placeholder.slice(2, placeholder.indexOf(')'))}` : '?'
}
