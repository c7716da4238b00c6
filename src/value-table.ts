import type { Cell, ValueInfo, ValueToken } from './model/trace.ts'

/** Characters of a text that tell it from others; longer texts also count by their length. */
const KEY_LENGTH = 256

/** Scalars taken out of one array or JSON document. */
const MAX_ELEMENTS = 1_000

const INTEGER = /^-?(0|[1-9]\d*)$/
const DECIMAL = /^-?\d+\.\d+$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/

/**
 * Turns values into tokens: equal tokens for values that mean the same in SQL, whatever type the driver or ORM gave
 * them (5, '5', 5n; a Date and its ISO text; a uuid in either case or as 16 bytes). Values stay in here.
 */
export class ValueTable {
  readonly infos: ValueInfo[] = [{ type: 'null', size: 0 }]
  readonly #tokens = new Map<string, ValueToken>()
  // what most values are, found again without a key to be built
  readonly #numbers = new Map<number, ValueToken>()
  readonly #texts = new Map<string, ValueToken>()

  /** Token of a scalar, or tokens of what an array or a document contains. */
  cellOf(value: unknown): Cell {
    if (typeof value !== 'object' || value === null || value instanceof Date) return this.#tokenOf(value)
    if (value instanceof Uint8Array) return this.#tokenOf(value)
    const tokens: ValueToken[] = []
    this.#collect(value, tokens, 0)
    return tokens
  }

  #collect(value: unknown, into: ValueToken[], depth: number): void {
    if (into.length >= MAX_ELEMENTS || depth > 5) return
    if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) {
      into.push(this.#tokenOf(value))
      return
    }
    for (const element of Array.isArray(value) ? value : Object.values(value)) this.#collect(element, into, depth + 1)
  }

  #tokenOf(value: unknown): ValueToken {
    if (value === null || value === undefined) return 0
    if (typeof value === 'number') return this.#numbers.get(value) ?? this.#remember(this.#numbers, value)
    if (typeof value === 'string' && value.length <= KEY_LENGTH) {
      return this.#texts.get(value) ?? this.#remember(this.#texts, value)
    }
    return this.#learn(value)
  }

  #remember<Value>(tokens: Map<Value, ValueToken>, value: Value): ValueToken {
    const token = this.#learn(value)
    tokens.set(value, token)
    return token
  }

  #learn(value: unknown): ValueToken {
    const { key, type, size } = canonicalOf(value)
    const known = this.#tokens.get(key)
    if (known !== undefined) return known
    const token = this.infos.length
    this.infos.push({ type, size })
    this.#tokens.set(key, token)
    return token
  }
}

interface Canonical extends ValueInfo {
  readonly key: string
}

function canonicalOf(value: unknown): Canonical {
  switch (typeof value) {
    case 'string':
      return canonicalTextOf(value)
    case 'bigint':
      return integer(value.toString())
    case 'number':
      return Number.isInteger(value) ? integer(String(value)) : { key: `n${value}`, type: 'number', size: 8 }
    case 'boolean':
      return { key: `b${value}`, type: 'boolean', size: 1 }
    default:
      if (value instanceof Date) return date(value.getTime())
      if (value instanceof Uint8Array) return binary(value)
      return { key: `o${String(value).slice(0, KEY_LENGTH)}`, type: 'json', size: 1 }
  }
}

function canonicalTextOf(text: string): Canonical {
  const first = text.charCodeAt(0)
  const isNumeric = first === 45 || (first >= 48 && first <= 57)
  if (isNumeric && INTEGER.test(text)) return integer(text)
  if (isNumeric && DECIMAL.test(text)) return { key: `n${Number(text)}`, type: 'number', size: text.length }
  if (text.length === 36 && UUID.test(text)) return uuid(text.replaceAll('-', '').toLowerCase())
  if (isNumeric && TIMESTAMP.test(text)) {
    const time = Date.parse(text)
    if (!Number.isNaN(time)) return date(time)
  }
  const key = text.length <= KEY_LENGTH ? text : `${text.slice(0, KEY_LENGTH)}\u001f${text.length}`
  return { key: `t${key}`, type: 'text', size: text.length }
}

function integer(digits: string): Canonical {
  return { key: `i${digits}`, type: 'integer', size: digits.length }
}

function uuid(hex: string): Canonical {
  return { key: `u${hex}`, type: 'uuid', size: 16 }
}

function date(time: number): Canonical {
  return { key: `d${time}`, type: 'date', size: 8 }
}

function binary(bytes: Uint8Array): Canonical {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, KEY_LENGTH)).toString('hex')
  return bytes.byteLength === 16
    ? uuid(hex)
    : { key: `x${hex}:${bytes.byteLength}`, type: 'binary', size: bytes.byteLength }
}
