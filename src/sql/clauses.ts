import type { Dialect } from '../model/statement.ts'
import { type Condition, readCondition } from './condition.ts'
import { closingOf, isName, isWord, type ListedToken, listedTokens, textOfTokens } from './listed-tokens.ts'
import { type ColumnName, operandOf } from './operand.ts'
import * as T from './token-type.ts'

/** A table that a statement names, with the name it goes by in it. */
export interface Source {
  /** Without its schema. */
  readonly table: string
  readonly schema?: string
  /** Its alias, or its own name. */
  readonly alias: string
}

/** One key of ORDER BY. */
export interface SortKey {
  readonly text: string
  /** Absent where it is an expression or a position. */
  readonly column?: ColumnName
  readonly direction: 'asc' | 'desc'
}

/** What a statement reads, and under which conditions; of all its levels. */
export interface Clauses {
  readonly sources: readonly Source[]
  /** Each WHERE and ON. */
  readonly conditions: readonly Condition[]
  /** Of the outermost level. */
  readonly orderBy: readonly SortKey[]
  /** The outermost level limits its rows. */
  readonly hasLimit: boolean
  readonly hasOffset: boolean
  /** The outermost level groups, or counts, or keeps distinct rows: it gives fewer rows than it reads. */
  readonly isReduced: boolean
}

const endsCondition: readonly string[] =
  'where on group order limit having union except intersect offset fetch for window returning join left right inner outer cross full natural set values straight_join lock'.split(
    ' ',
  )
const endsList: readonly string[] =
  'limit offset fetch for union except intersect lock returning rows range groups'.split(' ')
const notAliases: ReadonlySet<string> = new Set([
  ...endsCondition,
  ...'as using select use force ignore indexed not tablesample partition and or default'.split(' '),
])
const aggregates: readonly string[] =
  'count sum avg min max array_agg json_agg jsonb_agg string_agg group_concat'.split(' ')

/** Reads the clauses of a statement. What it does not understand it leaves out; it never throws. */
export function clausesOf(text: string, dialect: Dialect): Clauses {
  const tokens = listedTokens(text, dialect)
  const outer = (at: number): boolean => tokens[at]?.depth === 0
  const found = (...words: readonly string[]): boolean =>
    tokens.some((token, at) => outer(at) && isWord(token, ...words))
  return {
    sources: sourcesIn(tokens),
    conditions: tokens.flatMap((token, at) =>
      isWord(token, 'where', 'on') ? readCondition(tokens.slice(at + 1, endOf(tokens, at + 1, endsCondition))) : [],
    ),
    orderBy: orderIn(tokens),
    hasLimit: found('limit', 'fetch'),
    hasOffset: found('offset') || hasOffsetInLimit(tokens),
    isReduced:
      found('group', 'distinct', 'having', 'union', 'except', 'intersect') ||
      tokens.some((token, at) => outer(at) && isWord(token, ...aggregates) && tokens[at + 1]?.type === T.OPEN),
  }
}

/** `limit 50000, 20` of MySQL and SQLite. */
function hasOffsetInLimit(tokens: readonly ListedToken[]): boolean {
  const limit = tokens.findIndex((token) => token.depth === 0 && isWord(token, 'limit'))
  return limit !== -1 && tokens.slice(limit).some(({ type, depth }) => type === T.COMMA && depth === 0)
}

/** Where the clause ends that an index is in: at one of the words on its level, or where its parenthesis closes. */
function endOf(tokens: readonly ListedToken[], from: number, words: readonly string[]): number {
  const depth = tokens[from - 1]?.depth ?? 0
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at]
    if (token === undefined || token.depth < depth || token.type === T.SEMICOLON) return at
    if (token.depth === depth && isWord(token, ...words) && tokens[at + 1]?.type !== T.DOT && !isCall(tokens, at))
      return at
  }
  return tokens.length
}

/** `left(name, 3)` is no join. */
function isCall(tokens: readonly ListedToken[], at: number): boolean {
  return isWord(tokens[at], 'left', 'right') && tokens[at + 1]?.type === T.OPEN
}

function sourcesIn(tokens: readonly ListedToken[]): Source[] {
  const sources: Source[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (isWord(tokens[at], 'from') && !isInFunction(tokens, at)) readSources(tokens, at + 1, sources)
    else if (isWord(tokens[at], 'join', 'straight_join')) readSource(tokens, at + 1, sources)
    else if (isWord(tokens[at], 'update') && !isWord(tokens[at - 1], 'for', 'on', 'key')) {
      readSources(tokens, at + 1, sources)
    }
  }
  return sources
}

/** `extract(year from created_at)`, `is distinct from x`. */
function isInFunction(tokens: readonly ListedToken[], at: number): boolean {
  if (isWord(tokens[at - 1], 'distinct')) return true
  const { depth } = tokens[at] ?? { depth: 0 }
  for (let before = at - 1; before >= 0; before--) {
    const token = tokens[before]
    if (token?.depth === depth && isWord(token, 'select', 'delete')) return false
    if (token !== undefined && token.depth < depth) return true
  }
  return false
}

/** A list of them, by commas. */
function readSources(tokens: readonly ListedToken[], from: number, sources: Source[]): void {
  let at = readSource(tokens, from, sources)
  while (tokens[at]?.type === T.COMMA) at = readSource(tokens, at + 1, sources)
}

/** Reads one and tells where it ends. */
function readSource(tokens: readonly ListedToken[], from: number, sources: Source[]): number {
  let at = from
  while (isWord(tokens[at], 'only', 'lateral', 'low_priority', 'ignore', 'quick')) at++
  if (tokens[at]?.type === T.OPEN) return endOfAlias(tokens, Math.min(closingOf(tokens, at) + 1, tokens.length)).at
  if (!isName(tokens[at])) return at
  const parts = [tokens[at]?.text ?? '']
  at++
  while (tokens[at]?.type === T.DOT && isName(tokens[at + 1])) {
    parts.push(tokens[at + 1]?.text ?? '')
    at += 2
  }
  if (tokens[at]?.type === T.OPEN) return endOfAlias(tokens, closingOf(tokens, at) + 1).at
  const table = parts.at(-1) ?? ''
  const schema = parts.at(-2)
  const { alias, at: end } = endOfAlias(tokens, at)
  sources.push({ table, ...(schema === undefined ? {} : { schema }), alias: alias ?? table })
  return end
}

function endOfAlias(tokens: readonly ListedToken[], from: number): { alias?: string; at: number } {
  const at = isWord(tokens[from], 'as') ? from + 1 : from
  const token = tokens[at]
  if (token === undefined || !isName(token)) return { at }
  if (token.type === T.WORD && notAliases.has(token.text.toLowerCase())) return { at }
  return { alias: token.text, at: at + 1 }
}

function orderIn(tokens: readonly ListedToken[]): SortKey[] {
  const order = tokens.findLastIndex((token) => token.depth === 0 && isWord(token, 'order'))
  if (order === -1) return []
  const from = order + (isWord(tokens[order + 1], 'by') ? 2 : 1)
  const list = tokens.slice(from, endOf(tokens, from, endsList))
  const keys: ListedToken[][] = [[]]
  for (const token of list) {
    if (token.type === T.COMMA && token.depth === 0) keys.push([])
    else keys.at(-1)?.push(token)
  }
  return keys.filter(({ length }) => length > 0).map(sortKeyOf)
}

/** Reads one key of ORDER BY, as a statement or a plan writes it: `orders.created_at DESC NULLS LAST`. */
function sortKeyOf(tokens: readonly ListedToken[]): SortKey {
  const words = tokens.findIndex((token) => token.depth === tokens[0]?.depth && isWord(token, 'asc', 'desc', 'nulls'))
  const own = words <= 0 ? tokens : tokens.slice(0, words)
  const { column, cast } = operandOf(own)
  const direction = tokens.some((token) => isWord(token, 'desc')) ? 'desc' : 'asc'
  return { text: textOfTokens(own), direction, ...(column === undefined || cast !== undefined ? {} : { column }) }
}

/** As in ORDER BY, of one key that a plan names. */
export function readSortKey(text: string, dialect: Dialect): SortKey {
  return sortKeyOf(listedTokens(text, dialect))
}
