import type { Dialect, Slot, Statement } from '../model/statement.ts'
import { type Outline, outlineOf } from './outline.ts'
import { type Shape, shape } from './shape.ts'
import { summaryOf } from './summary.ts'
import * as T from './tokenizer.ts'
import { writtenNamesOf } from './written-names.ts'

const GENERATION = 2048
/** Texts above this are read every time: keeping them would cost more memory than reading them costs time. */
const LONGEST_CACHED = 10_000

/** Keeps what was used lately: of two generations the older is dropped when the younger is full. */
class RecentMap<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  get(key: string): Value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined) return value
    const older = this.#old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}

interface Cache {
  readonly byText: RecentMap<Statement>
  readonly byFingerprint: RecentMap<Statement>
}

const caches: Readonly<Record<Dialect, Cache>> = {
  postgresql: newCache(),
  mysql: newCache(),
  sqlite: newCache(),
  mssql: newCache(),
  oracle: newCache(),
}

function newCache(): Cache {
  return { byText: new RecentMap(), byFingerprint: new RecentMap() }
}

/**
 * Everything that can be read from the text of a statement.
 *
 * Texts of one shape get the same object, so that shapes can be compared by identity, for as long as the shape is among
 * the 2,048 to 4,096 of its dialect that were used last. What depends on the text and not on the shape (form of a slot,
 * spelling of names in the summary) is as in the first text seen.
 */
export function statementOf(text: string, dialect: Dialect): Statement {
  const cache = caches[dialect]
  if (text.length > LONGEST_CACHED) return learn(text, dialect, cache)
  const known = cache.byText.get(text)
  if (known !== undefined) return known
  const statement = learn(text, dialect, cache)
  cache.byText.set(text, statement)
  return statement
}

function learn(text: string, dialect: Dialect, cache: Cache): Statement {
  shape.read(text, dialect)
  const fingerprint = shape.text
  const known = cache.byFingerprint.get(fingerprint)
  // In PostgreSQL `a ? ?` may be one value and an operator, or two values in a text that is no SQL.
  if (known !== undefined && known.slots.length === shape.slotCount) return known
  const statement = describe(text, dialect, shape)
  cache.byFingerprint.set(fingerprint, statement)
  return statement
}

function describe(text: string, dialect: Dialect, read: Shape): Statement {
  const positions: number[] = []
  const forms: Slot['form'][] = []
  for (let slot = 0; slot < read.slotCount; slot++) {
    positions.push(read.positionOf(slot))
    forms.push(formOf(read, slot))
  }
  const fingerprint = read.text
  const outline: Outline = outlineOf(fingerprint, dialect, positions, forms)
  const names = writtenNamesOf(text, dialect, outline)
  const writtenNameOf = (parts: readonly string[]): string => parts.map((part) => names.get(part) ?? part).join('.')
  const isFolded = dialect === 'postgresql'
  return {
    fingerprint,
    kind: outline.kind,
    writes: outline.writes,
    tables: outline.tables.map((parts) => (isFolded ? parts.join('.') : writtenNameOf(parts))),
    summary: summaryOf(outline.actions, writtenNameOf),
    slots: isFolded ? outline.slots : outline.slots.map((slot) => withWrittenColumn(slot, names)),
  }
}

function withWrittenColumn(slot: Slot, names: ReadonlyMap<string, string>): Slot {
  const written = slot.column === undefined ? undefined : names.get(slot.column)
  return written === undefined ? slot : { ...slot, column: written }
}

function formOf(read: Shape, slot: number): Slot['form'] {
  if (read.isList(slot)) return 'list'
  return read.valueTypes[read.firstValueOf(slot)] === T.PLACEHOLDER ? 'placeholder' : 'literal'
}
