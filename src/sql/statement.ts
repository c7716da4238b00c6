import type { Dialect, Slot, Statement } from '../model/statement.ts'
import { type Outline, outlineOf } from './outline.ts'
import { RecentMap } from './recent-map.ts'
import { type Shape, shape } from './shape.ts'
import { summaryOf } from './summary.ts'
import * as T from './tokenizer.ts'
import { writtenNamesOf } from './written-names.ts'

/** Statements that are told apart before older ones are forgotten. */
const GENERATION = 2048
/** Texts above this are read every time: keeping them would cost more memory than reading them costs time. */
const LONGEST_CACHED = 10_000

interface Cache {
  readonly byText: RecentMap<Statement>
  readonly sampled: SampledTable
  readonly byFingerprint: RecentMap<Statement>
}

const SAMPLED_SLOTS = 8192
const PROBES = 4

/**
 * Texts found by a hash of 64 of their characters and then compared as a whole. A full run of probes replaces the first
 * entry of it, so the table is bounded.
 */
class SampledTable {
  readonly #keys: (string | undefined)[] = new Array(SAMPLED_SLOTS).fill(undefined)
  readonly #values: (Statement | undefined)[] = new Array(SAMPLED_SLOTS).fill(undefined)

  get(text: string): Statement | undefined {
    let slot = sampleOf(text) & (SAMPLED_SLOTS - 1)
    for (let probe = 0; probe < PROBES; probe++) {
      if (this.#keys[slot] === text) return this.#values[slot]
      slot = (slot + 1) & (SAMPLED_SLOTS - 1)
    }
    return undefined
  }

  set(text: string, statement: Statement): Statement {
    const first = sampleOf(text) & (SAMPLED_SLOTS - 1)
    let slot = first
    for (let probe = 0; probe < PROBES && this.#keys[slot] !== undefined; probe++)
      slot = (slot + 1) & (SAMPLED_SLOTS - 1)
    if (this.#keys[slot] !== undefined) slot = first
    this.#keys[slot] = text
    this.#values[slot] = statement
    return statement
  }
}

const caches: Readonly<Record<Dialect, Cache>> = {
  postgresql: newCache(),
  mysql: newCache(),
  sqlite: newCache(),
  mssql: newCache(),
  oracle: newCache(),
}

function newCache(): Cache {
  return { byText: new RecentMap(GENERATION), sampled: new SampledTable(), byFingerprint: new RecentMap(GENERATION) }
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
  if (text.length >= SHORTEST_SAMPLED) return sampledStatementOf(text, dialect, cache)
  const known = cache.byText.get(text)
  if (known !== undefined) return known
  const statement = learn(text, dialect, cache)
  cache.byText.set(text, statement)
  return statement
}

/** V8 hashes every character of a new string at a Map read; from here on that is dearer than to sample and compare. */
const SHORTEST_SAMPLED = 200

function sampledStatementOf(text: string, dialect: Dialect, cache: Cache): Statement {
  return cache.sampled.get(text) ?? cache.sampled.set(text, learn(text, dialect, cache))
}

function sampleOf(text: string): number {
  const { length } = text
  let hash = length
  for (let index = 0; index < 24; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  for (let index = length - 24; index < length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  const stride = Math.floor((length - 48) / 16)
  for (let index = 24, left = 16; left > 0; left--, index += stride) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash ^ (hash >>> 15)) >>> 0
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
