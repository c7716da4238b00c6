import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'
import { readExpression } from './read-expression.ts'
import type { Expression, OrderKey, Query, Source } from './sql-tree.ts'
import { TokenStream } from './token-stream.ts'

/**
 * What a statement asks of its tables, read from its text; of any dialect. Never throws: what it does not understand is
 * left out, so that the tree may be poorer than the statement, and undefined where there is no query in it.
 */
export function readSqlTree(text: string, dialect: Dialect): Query | undefined {
  const tokens = new TokenStream(text, dialect, readQuery)
  return isQueryAhead(tokens) ? readQuery(tokens) : undefined
}

/** A condition as it stands in a plan. */
export function readCondition(text: string, dialect: Dialect): Expression {
  return readExpression(new TokenStream(text, dialect, readQuery))
}

const BEGINS = new Set(['select', 'with', 'update', 'delete', 'insert', 'replace', 'values', 'table'])

function isQueryAhead(tokens: TokenStream): boolean {
  return BEGINS.has(tokens.word) || tokens.type === T.OPEN
}

interface Draft {
  sources: Source[]
  conditions: Expression[]
  order: OrderKey[]
  hasLimit: boolean
  outputs: Expression[]
  hasStar: boolean
  parts: Query[]
}

function draft(): Draft {
  return { sources: [], conditions: [], order: [], hasLimit: false, outputs: [], hasStar: false, parts: [] }
}

/** Reads a query up to its end, or to the parenthesis that closes around it. */
function readQuery(tokens: TokenStream): Query {
  const query = draft()
  if (tokens.take('with')) readCommonTables(tokens, query)
  if (tokens.type === T.OPEN) {
    tokens.next()
    query.parts.push(readQuery(tokens))
    tokens.skipTo(T.CLOSE)
  }
  while (!tokens.isAtEnd && tokens.type !== T.CLOSE && tokens.type !== T.SEMICOLON) readClause(tokens, query)
  return query
}

function readCommonTables(tokens: TokenStream, query: Draft): void {
  tokens.take('recursive')
  for (;;) {
    tokens.next()
    if (tokens.type === T.OPEN) tokens.skipParentheses()
    if (!tokens.take('as')) return
    while (tokens.take('not') || tokens.take('materialized'));
    if (tokens.type !== T.OPEN) return
    tokens.next()
    query.parts.push(readQuery(tokens))
    tokens.skipTo(T.CLOSE)
    if (tokens.type !== T.COMMA) return
    tokens.next()
  }
}

/** Reads the clause that begins here; where none does, skips a token. */
function readClause(tokens: TokenStream, query: Draft): void {
  const { word } = tokens
  const isName = tokens.type !== T.WORD
  tokens.next()
  if (isName) return
  switch (word) {
    case 'select':
    case 'returning':
      readOutputs(tokens, query)
      break
    case 'from':
    case 'using':
      readSources(tokens, query)
      break
    case 'update':
      query.hasStar = true
      readSources(tokens, query)
      break
    case 'delete':
      query.hasStar = true
      break
    case 'set':
      query.outputs.push(...readList(tokens))
      break
    case 'where':
    case 'having': {
      const condition = readExpression(tokens)
      query[word === 'where' ? 'conditions' : 'outputs'].push(condition)
      break
    }
    case 'group':
      tokens.take('by')
      query.outputs.push(...readList(tokens))
      break
    case 'order':
      if (tokens.take('by')) query.order.push(...readOrder(tokens))
      break
    case 'limit':
    case 'fetch':
      query.hasLimit = true
      break
    case 'union':
    case 'intersect':
    case 'except':
      while (tokens.take('all') || tokens.take('distinct'));
      splitSetOperation(tokens, query)
      break
    default:
      if (tokens.type === T.OPEN && word !== 'select') tokens.skipParentheses()
  }
}

/** What stands before UNION becomes a part, and what stands behind it another. */
function splitSetOperation(tokens: TokenStream, query: Draft): void {
  const before = { ...query, parts: [] }
  const after = readQuery(tokens)
  const parts = [...query.parts, before, after]
  Object.assign(query, draft(), { parts })
}

function readOutputs(tokens: TokenStream, query: Draft): void {
  while (tokens.take('distinct') || tokens.take('all') || tokens.take('straight_join'));
  if (tokens.take('on') && tokens.type === T.OPEN) query.outputs.push(readExpression(tokens))
  for (;;) {
    if (tokens.type === T.STAR) {
      query.hasStar = true
      tokens.next()
    } else {
      const expression = readExpression(tokens)
      query.outputs.push(expression)
      if (expression.type === 'column' && expression.name === '*') query.hasStar = true
    }
    readAlias(tokens)
    if (tokens.type !== T.COMMA) return
    tokens.next()
  }
}

function readList(tokens: TokenStream): Expression[] {
  const list = [readExpression(tokens)]
  while (tokens.type === T.COMMA) {
    tokens.next()
    list.push(readExpression(tokens))
  }
  return list
}

function readOrder(tokens: TokenStream): OrderKey[] {
  const keys: OrderKey[] = []
  do {
    if (tokens.type === T.COMMA) tokens.next()
    const of = readExpression(tokens)
    const isDescending = tokens.take('desc')
    if (!isDescending) tokens.take('asc')
    const nulls = tokens.take('nulls') ? (tokens.take('first') ? 'first' : tokens.take('last') && 'last') : undefined
    keys.push({ of, isDescending, ...(nulls ? { nulls } : {}) })
  } while (tokens.type === T.COMMA)
  return keys
}

/** Keys as a plan prints them, one by one. */
export function readOrderKey(text: string, dialect: Dialect): OrderKey | undefined {
  return readOrder(new TokenStream(text, dialect, readQuery))[0]
}

const JOIN_WORDS = new Set(['inner', 'left', 'right', 'full', 'outer', 'cross', 'natural', 'join', 'straight_join'])

function readSources(tokens: TokenStream, query: Draft): void {
  for (;;) {
    readSource(tokens, query)
    while (tokens.type === T.WORD && (tokens.word === 'on' || tokens.word === 'using')) readJoinCondition(tokens, query)
    if (tokens.type === T.COMMA) tokens.next()
    else if (tokens.type === T.WORD && JOIN_WORDS.has(tokens.word)) {
      while (tokens.type === T.WORD && JOIN_WORDS.has(tokens.word)) tokens.next()
    } else return
  }
}

function readJoinCondition(tokens: TokenStream, query: Draft): void {
  if (tokens.take('on')) {
    query.conditions.push(readExpression(tokens))
    return
  }
  tokens.next()
  if (tokens.type !== T.OPEN) {
    readSources(tokens, query)
    return
  }
  const [left, right] = query.sources.slice(-2)
  const names = readExpression(tokens)
  for (const column of names.type === 'row' ? names.of : [names]) {
    if (column.type !== 'column' || left === undefined || right === undefined) continue
    const of = [left, right].map(({ alias }) => ({ type: 'column' as const, table: alias, name: column.name }))
    query.conditions.push({ type: 'comparison', operator: '=', of })
  }
}

function readSource(tokens: TokenStream, query: Draft): void {
  while (tokens.take('only') || tokens.take('lateral'));
  if (tokens.type === T.OPEN) {
    tokens.next()
    if (isQueryAhead(tokens) && tokens.type !== T.OPEN) {
      const inner = readQuery(tokens)
      tokens.skipTo(T.CLOSE)
      query.sources.push({ alias: readAlias(tokens) ?? '', query: inner })
      return
    }
    readSources(tokens, query)
    tokens.skipTo(T.CLOSE)
    readAlias(tokens)
    return
  }
  const parts = tokens.readNames()
  const name = parts.at(-1)
  if (name === undefined) return
  if (tokens.type === T.OPEN) {
    tokens.skipParentheses()
    readAlias(tokens)
    return
  }
  const schema = parts.at(-2)
  query.sources.push({ ...(schema === undefined ? {} : { schema }), name, alias: readAlias(tokens) ?? name })
}

const NO_ALIAS = new Set(
  `on using where group having order limit offset fetch window union intersect except returning for set values join inner
  left right full cross natural outer straight_join from lock into use force ignore tablesample partition indexed not
  select with when default`.split(/\s+/),
)

function readAlias(tokens: TokenStream): string | undefined {
  const isGiven = tokens.take('as')
  const isName = tokens.type === T.QUOTED_NAME || (tokens.type === T.WORD && (isGiven || !NO_ALIAS.has(tokens.word)))
  if (!isName) return undefined
  const alias = tokens.word
  tokens.next()
  if (tokens.type === T.OPEN) tokens.skipParentheses()
  return alias
}
