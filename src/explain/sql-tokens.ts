import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'

/** A token with its text. */
export interface SqlToken {
  readonly type: T.TokenType
  /** As written. */
  readonly text: string
  /** Of a word: in lower case. Of a name in quotes: without these. Else as written. */
  readonly word: string
}

/** All tokens of a text. */
export function sqlTokens(text: string, dialect: Dialect): SqlToken[] {
  const tokens = new T.Tokenizer(text, dialect)
  const all: SqlToken[] = []
  while (tokens.next()) {
    const written = tokens.textOf(tokens.start, tokens.end)
    all.push({ type: tokens.type, text: written, word: wordOf(tokens.type, written) })
  }
  return all
}

function wordOf(type: T.TokenType, written: string): string {
  if (type === T.WORD) return written.toLowerCase()
  if (type !== T.QUOTED_NAME) return written
  const close = written.at(-1) as string
  return written.slice(1, -1).replaceAll(close + close, close)
}

/** Value of a string literal; undefined where it is written in a form that is not read here. */
export function stringValue(literal: string): string | undefined {
  const match = /^'((?:[^']|'')*)'$/.exec(literal)
  return match?.[1]?.replaceAll("''", "'")
}
