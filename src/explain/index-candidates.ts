import type { Dialect } from '../model/statement.ts'
import { type IndexCandidate, type IndexKey, isCovered } from './index-candidate.ts'
import { bySelectivity, type Key, type PatternKey, type TableDemand } from './table-demand.ts'

/** Indexes that are tried together, as one alone would be no use: those of an OR. */
export type CandidateSet = readonly IndexCandidate[]

/** More would cost more than they bring: what is left out are variants of what is in. */
const MOST_SETS = 24
const MOST_KEYS = 4
const MOST_INCLUDED = 3

/**
 * Indexes that may serve what a statement asks for, the likeliest first.
 *
 * Of each table: what is compared with a value first, the most selective of it leading; then the columns of ORDER BY, or
 * a range. Parts of that are candidates as well, for a shorter index is better where it does. None that there is.
 */
export function indexCandidates(demands: readonly TableDemand[], dialect: Dialect): CandidateSet[] {
  const perDemand = demands.map((demand) => candidatesOf(demand, dialect))
  const taken = new Set<string>()
  const sets: CandidateSet[] = []
  // round-robin, so that one table with many conditions leaves room for the others
  for (let rank = 0; rank < Math.max(0, ...perDemand.map(({ length }) => length)); rank++) {
    for (const candidates of perDemand) {
      const set = candidates[rank]?.filter((candidate) => !isCovered(candidate)) ?? []
      const name = set.map(signatureOf).sort().join(';')
      if (set.length === 0 || taken.has(name)) continue
      taken.add(name)
      sets.push(set)
    }
  }
  return sets.slice(0, MOST_SETS)
}

/** Equal for candidates that make the same index. */
export function signatureOf({ table, method, keys, include, predicate }: IndexCandidate): string {
  const parts = keys.map(({ text, isDescending, nulls, operatorClass }) => [text, isDescending, nulls, operatorClass])
  return JSON.stringify([table.schema, table.name, method, parts, include, predicate])
}

function candidatesOf(demand: TableDemand, dialect: Dialect): CandidateSet[] {
  const lists = keyListsOf(demand)
  const plain = lists.map(({ keys, purpose }) => [candidate(demand, keys, purpose)])
  const partial = lists.flatMap(({ keys, purpose }) => partialOf(demand, keys, purpose))
  const including =
    dialect === 'postgresql' ? lists.flatMap(({ keys, purpose }) => includingOf(demand, keys, purpose)) : []
  const alternatives = demand.alternatives.map((keys) =>
    distinctKeys(keys).map((key) => candidate(demand, [key], key.isColumn ? 'filter' : 'expression')),
  )
  const patterns = demand.patterns.flatMap((pattern) => {
    if (dialect === 'postgresql') return [[patternOf(demand, pattern)]]
    // a prefix is a range there
    const isRange = dialect === 'mysql' && pattern.form === 'prefix'
    return isRange ? [[candidate(demand, [pattern.key], 'filter')]] : []
  })
  return [...alternatives, ...patterns, ...plain, ...including, ...partial.map((each) => [each])]
}

interface KeyList {
  readonly keys: readonly IndexKey[]
  readonly purpose: IndexCandidate['purpose']
}

function keyListsOf(demand: TableDemand): KeyList[] {
  const equal = distinctKeys(bySelectivity(demand.equal))
  const [, ...joinedOthers] = distinctKeys(demand.joined)
  const lists: KeyList[] = withTails(demand, [...equal, ...distinctKeys(bySelectivity(demand.listed))], equal)
  for (const join of distinctKeys(demand.joined)) {
    lists.push({ keys: [join], purpose: 'join' })
    if (equal.length === 0 && demand.ranged.length === 0) continue
    lists.push({ keys: distinctKeys([join, ...equal, ...demand.ranged.slice(0, 1)]), purpose: 'join' })
    lists.push({ keys: distinctKeys([...equal, join]), purpose: 'join' })
  }
  if (joinedOthers.length > 0) lists.push({ keys: distinctKeys(demand.joined), purpose: 'join' })
  const isShort = ({ keys }: KeyList): boolean => keys.length > 0 && keys.length <= MOST_KEYS
  return lists.filter(isShort).map(({ keys, purpose }) => ({
    keys,
    purpose: keys.some(({ isColumn }) => !isColumn) ? 'expression' : purpose,
  }))
}

/** What is compared with values, alone and with what may come behind it: the order, or a range. */
function withTails(demand: TableDemand, heads: readonly Key[], equal: readonly Key[]): KeyList[] {
  const { order } = demand
  const ranged = distinctKeys(bySelectivity(demand.ranged)).slice(0, 3)
  const all = heads.slice(0, MOST_KEYS)
  const keyed = orderKeys(order)
  const lists: KeyList[] = []
  if (order.length > 0) {
    if (equal.length > 0) lists.push({ keys: distinctKeys([...equal, ...keyed]), purpose: 'order' })
    const [first] = equal
    if (first !== undefined && equal.length > 1) lists.push({ keys: distinctKeys([first, ...keyed]), purpose: 'order' })
    lists.push({ keys: keyed, purpose: 'order' })
  }
  for (const range of ranged) if (all.length > 0) lists.push({ keys: distinctKeys([...all, range]), purpose: 'filter' })
  if (all.length > 1) lists.push({ keys: all, purpose: 'filter' })
  for (const key of [...all, ...ranged]) lists.push({ keys: [key], purpose: 'filter' })
  for (const [first, second] of pairsOf(all)) lists.push({ keys: [first, second], purpose: 'filter' })
  for (const range of ranged) {
    for (const key of all.length > 1 ? all : []) lists.push({ keys: distinctKeys([key, range]), purpose: 'filter' })
  }
  return lists
}

function pairsOf(keys: readonly Key[]): [Key, Key][] {
  if (keys.length < 3) return []
  return keys.flatMap((first, at) => keys.slice(at + 1).map((second): [Key, Key] => [first, second]))
}

/** A btree is read backwards as well: directions matter only where they differ. */
function orderKeys(order: TableDemand['order']): IndexKey[] {
  const isMixed = order.some(({ isDescending }) => isDescending !== order[0]?.isDescending)
  // the default of NULLS follows the direction, and is as right backwards
  const isUnusual = order.some(({ nulls, isDescending }) => nulls !== undefined && (nulls === 'first') !== isDescending)
  return order.map(({ isDescending, nulls, ...key }) => {
    if (isUnusual) return { ...key, isDescending, ...(nulls === undefined ? {} : { nulls }) }
    return isMixed ? { ...key, isDescending } : key
  })
}

function distinctKeys<K extends Key>(keys: readonly K[]): K[] {
  return keys.filter(({ text }, at) => keys.findIndex((other) => other.text === text) === at)
}

function candidate({ table }: TableDemand, keys: readonly IndexKey[], purpose: KeyList['purpose']): IndexCandidate {
  return { table, keys, include: [], method: 'btree', purpose }
}

/** With the few columns beside its own that the query reads, the index alone answers. */
function includingOf(demand: TableDemand, keys: readonly IndexKey[], purpose: KeyList['purpose']): CandidateSet[] {
  if (demand.wanted === undefined || keys.some(({ isColumn }) => !isColumn)) return []
  const include = demand.wanted.filter((name) => !keys.some(({ text }) => text.replaceAll('"', '') === name))
  if (include.length === 0 || include.length > MOST_INCLUDED) return []
  return [[{ ...candidate(demand, keys, purpose), include }]]
}

/** A condition that is always the same need not be in the index: only the rows that fulfil it. */
function partialOf(demand: TableDemand, keys: readonly IndexKey[], purpose: KeyList['purpose']): IndexCandidate[] {
  return demand.fixed.flatMap(({ key, predicate }) => {
    const others = keys.filter(({ text }) => text !== key.text)
    return others.length === 0 ? [] : [{ ...candidate(demand, others, purpose), predicate }]
  })
}

function patternOf({ table }: TableDemand, { key, form }: PatternKey): IndexCandidate {
  const base = { table, include: [], purpose: 'pattern' as const }
  if (form === 'prefix') {
    const type = table.columns.find(({ name }) => name === key.text)?.type ?? 'text'
    const operatorClass = /^(character varying|varchar)/.test(type) ? 'varchar_pattern_ops' : 'text_pattern_ops'
    return { ...base, keys: [{ ...key, operatorClass }], method: 'btree' }
  }
  if (form === 'contains') return { ...base, keys: [key], method: 'gin' }
  return { ...base, keys: [{ ...key, operatorClass: 'gin_trgm_ops' }], method: 'gin', extension: 'pg_trgm' }
}
