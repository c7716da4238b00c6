import type { Dialect } from '../model/statement.ts'
import { isNamedValues } from './is-named-values.ts'
import { numberValueOf, stringValueOf } from './literal-value.ts'
import { shape } from './shape.ts'
import { SqliteBound } from './sqlite-bound.ts'
import * as T from './tokenizer.ts'

/** Bound values as drivers take them: by position, or by name with or without the mark of the placeholder. */
export type BoundParameters = readonly unknown[] | Readonly<Record<string, unknown>>

/**
 * Values of a statement, one entry per slot of {@link Statement.slots}: the content of a literal, the value bound to a
 * placeholder (undefined where none is), an array of them for a list.
 *
 * The form of this very text counts: `values (?, ?)` of one row gives two values, of three rows two arrays of three.
 * A NULL literal is null; whole numbers too large for a number are bigints; hexadecimal strings are bytes.
 */
export function valuesOf(text: string, dialect: Dialect, parameters: BoundParameters | undefined): unknown[] {
  shape.read(text, dialect)
  const bound = dialect === 'sqlite' ? new SqliteBound(parameters) : new Bound(parameters)
  const values: unknown[] = []
  for (let slot = 0; slot < shape.slotCount; slot++) values.push(shape.isList(slot) ? [] : undefined)
  for (let index = 0; index < shape.valueCount; index++) {
    const type = shape.valueTypes[index] as number
    if (type === T.END) continue
    const raw = shape.valueText(index)
    const value = type === T.PLACEHOLDER ? bound.get(raw) : literalOf(raw, type, dialect)
    const slot = shape.slotOf(index)
    const list = values[slot]
    if (!shape.isList(slot)) values[slot] = value
    // mysql2 expands an array that is bound to the one placeholder of `in (?)`.
    else if (Array.isArray(value) && dialect === 'mysql') for (const member of value) (list as unknown[]).push(member)
    else (list as unknown[]).push(value)
  }
  return values
}

/** Position of a value among the parameters, or the value itself where it stands in the text. */
export type Binding = number | { readonly literal: unknown }

/**
 * Where the value of each slot comes from, for texts without lists and with numbered placeholders (of SQLite: with bare
 * ones, and no others): such a text need not be read again at each execution.
 *
 * @returns undefined for any other text.
 */
export function bindingsOf(text: string, dialect: Dialect): readonly Binding[] | undefined {
  shape.read(text, dialect)
  if (shape.valueCount !== shape.slotCount) return undefined
  const bindings: Binding[] = []
  let bare = 0
  for (let slot = 0; slot < shape.slotCount; slot++) {
    const type = shape.valueTypes[slot] as number
    if (type === T.END || shape.isList(slot) || shape.slotOf(slot) !== slot) return undefined
    const raw = shape.valueText(slot)
    if (type !== T.PLACEHOLDER) bindings.push({ literal: literalOf(raw, type, dialect) })
    else if (dialect === 'sqlite') {
      if (raw !== '?') return undefined
      bindings.push(bare++)
    } else if (/^\$\d+$/.test(raw)) bindings.push(Number(raw.slice(1)) - 1)
    else return undefined
  }
  return bindings
}

function literalOf(raw: string, type: number, dialect: Dialect): unknown {
  if (type === T.STRING) return stringValueOf(raw, dialect)
  if (type === T.NUMBER) return numberValueOf(raw, dialect)
  if (type === T.WORD) {
    const word = raw.toLowerCase()
    return word === 'null' ? null : word === 'true'
  }
  return raw
}

class Bound {
  readonly #list: readonly unknown[] | undefined
  readonly #record: Readonly<Record<string, unknown>> | undefined
  #next = 0
  readonly #order = new Map<string, number>()

  constructor(parameters: BoundParameters | undefined) {
    if (Array.isArray(parameters)) {
      this.#list = parameters
      this.#record = parameters.find(isNamedValues)
    } else {
      this.#record = parameters as Readonly<Record<string, unknown>> | undefined
    }
  }

  get(raw: string): unknown {
    if (raw === '?' || raw.charCodeAt(0) === 37) {
      if (raw.charCodeAt(1) === 40) return this.#named(raw.slice(2, raw.indexOf(')')), raw)
      return this.#positional(this.#next++)
    }
    const name = raw.slice(1)
    if (!/^\d+$/.test(name)) return this.#named(name, raw)
    const number = Number(name)
    this.#next = Math.max(this.#next, number)
    return this.#list === undefined ? this.#named(name, raw) : this.#list[number - 1]
  }

  #positional(index: number): unknown {
    if (this.#list !== undefined) return this.#list[index]
    return this.#record?.[String(index + 1)]
  }

  #named(name: string, raw: string): unknown {
    const record = this.#record
    if (record !== undefined) {
      if (Object.hasOwn(record, name)) return record[name]
      return Object.hasOwn(record, raw) ? record[raw] : undefined
    }
    // By position, as oracledb binds an array: the first mention of a name takes the next value.
    let index = this.#order.get(name)
    if (index === undefined) {
      index = this.#order.size
      this.#order.set(name, index)
    }
    return this.#list?.[index]
  }
}
