import type { Dialect } from '../model/statement.ts'
import * as T from './tokenizer.ts'

/** A token of a text that is short enough to be held as a list. */
export interface ListedToken {
  readonly type: T.TokenType
  /** Lower case where it is a word, without its quotes where it is a quoted name, else as written. */
  readonly text: string
  readonly raw: string
  /** Parentheses around it; the brackets of a pair have the same. */
  readonly depth: number
}

/** All tokens of a text, comments left out. */
export function listedTokens(text: string, dialect: Dialect): ListedToken[] {
  const tokens: ListedToken[] = []
  const tokenizer = new T.Tokenizer(text, dialect)
  let depth = 0
  while (tokenizer.next()) {
    const { type, start, end } = tokenizer
    if (type === T.CLOSE) depth--
    const raw = tokenizer.textOf(start, end)
    tokens.push({ type, text: textOf(type, raw, dialect), raw, depth })
    if (type === T.OPEN) depth++
  }
  return tokens
}

function textOf(type: T.TokenType, raw: string, dialect: Dialect): string {
  if (type === T.QUOTED_NAME) return unquoted(raw)
  if (type !== T.WORD) return raw
  // names keep their case where the database shows it; keywords are compared without it
  return dialect === 'postgresql' ? raw.toLowerCase() : raw
}

function unquoted(raw: string): string {
  const quote = raw[0] === '[' ? ']' : (raw[0] ?? '"')
  return raw.slice(1, raw.endsWith(quote) ? -1 : undefined).replaceAll(quote + quote, quote)
}

/** True of a word, whatever its case. */
export function isWord(token: ListedToken | undefined, ...words: readonly string[]): boolean {
  return token?.type === T.WORD && words.includes(token.text.toLowerCase())
}

/** True of a name: quoted, or a word. */
export function isName(token: ListedToken | undefined): boolean {
  return token?.type === T.WORD || token?.type === T.QUOTED_NAME
}

/** Index of the bracket that closes the one at an index; the end where there is none. */
export function closingOf(tokens: readonly ListedToken[], open: number): number {
  const { depth } = tokens[open] ?? { depth: 0 }
  for (let at = open + 1; at < tokens.length; at++) {
    if (tokens[at]?.type === T.CLOSE && tokens[at]?.depth === depth) return at
  }
  return tokens.length
}

/** The tokens as a text: spaced as one would write it, literals as they were. */
export function textOfTokens(tokens: readonly ListedToken[]): string {
  let text = ''
  let before: ListedToken | undefined
  for (const token of tokens) {
    if (before !== undefined && isSpaced(before, token)) text += ' '
    text += token.raw
    before = token
  }
  return text
}

function isSpaced(before: ListedToken, token: ListedToken): boolean {
  const glued: readonly T.TokenType[] = [T.CLOSE, T.COMMA, T.DOT, T.CAST, T.BRACKET_OPEN, T.BRACKET_CLOSE]
  if (glued.includes(token.type)) return false
  if ([T.OPEN, T.DOT, T.CAST, T.BRACKET_OPEN].includes(before.type)) return false
  return !(token.type === T.OPEN && isName(before) && !isWord(before, 'and', 'or', 'not', 'in', 'any', 'all'))
}
