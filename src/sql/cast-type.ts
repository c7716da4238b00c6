import { keyword } from './keywords.ts'
import * as T from './token-type.ts'
import type { Tokenizer } from './tokenizer.ts'

const K_TIME = keyword('time')
const K_TIMESTAMP = keyword('timestamp')
const K_WITH = keyword('with')
const K_WITHOUT = keyword('without')
const K_ZONE = keyword('zone')
const K_DOUBLE = keyword('double')
const K_INTERVAL = keyword('interval')
const K_PRECISION = keyword('precision')
const K_VARYING = keyword('varying')
const varying: ReadonlySet<number> = new Set(['character', 'char', 'nchar', 'national', 'bit'].map(keyword))
const intervalFields: ReadonlySet<number> = new Set(
  ['year', 'month', 'day', 'hour', 'minute', 'second', 'to'].map(keyword),
)

/** What `varchar(10)` and `numeric(10, 2)` hold; redacted texts have `?` there. */
const modifiers: ReadonlySet<T.TokenType> = new Set([T.NUMBER, T.COMMA, T.WORD, T.PLACEHOLDER])

/** Moves from `::` to the token behind the type that follows it, `timestamp(3) with time zone[]`; false at the end. */
export function skipCastType(tokens: Tokenizer): boolean {
  if (!tokens.next()) return false
  if (tokens.type !== T.WORD && tokens.type !== T.QUOTED_NAME) return true
  const id = tokens.keyword
  let more = tokens.next()
  while (more && tokens.type === T.DOT) {
    more = tokens.next()
    if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) more = tokens.next()
  }
  if (id === K_DOUBLE && tokens.keyword === K_PRECISION) more = tokens.next()
  while (more && varying.has(id) && (tokens.keyword === K_VARYING || varying.has(tokens.keyword))) more = tokens.next()
  while (more && id === K_INTERVAL && intervalFields.has(tokens.keyword)) more = tokens.next()
  if (more && tokens.type === T.OPEN) more = skipModifiers(tokens)
  if (more && (id === K_TIME || id === K_TIMESTAMP)) more = skipTimeZone(tokens)
  while (more && tokens.type === T.BRACKET_OPEN) {
    more = tokens.next()
    if (more && modifiers.has(tokens.type)) more = tokens.next()
    if (more && tokens.type === T.BRACKET_CLOSE) more = tokens.next()
  }
  return more
}

function skipModifiers(tokens: Tokenizer): boolean {
  let more = tokens.next()
  while (more && modifiers.has(tokens.type)) more = tokens.next()
  return more && tokens.type === T.CLOSE ? tokens.next() : more
}

function skipTimeZone(tokens: Tokenizer): boolean {
  if (tokens.keyword !== K_WITH && tokens.keyword !== K_WITHOUT) return true
  let more = tokens.next()
  if (more && tokens.keyword === K_TIME) more = tokens.next()
  return more && tokens.keyword === K_ZONE ? tokens.next() : more
}
