import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'
import { Refused, refuse } from './refusals.ts'

/** A token of a statement that sets something. */
export interface SessionPart {
  readonly type: T.TokenType
  readonly raw: string
  /** In lower case; empty where it is no word. */
  readonly word: string
}

/** Tokens of a statement, but for semicolons. */
export function sessionParts(text: string, dialect: Dialect): readonly SessionPart[] {
  const tokens = new T.Tokenizer(text, dialect)
  const parts: SessionPart[] = []
  while (tokens.next()) {
    if (tokens.type === T.SEMICOLON) continue
    const raw = tokens.textOf(tokens.start, tokens.end)
    parts.push({ type: tokens.type, raw, word: tokens.type === T.WORD ? raw.toLowerCase() : '' })
  }
  return parts
}

/** What is thrown for a statement that is not known to set something and do nothing else. */
export function unknownSession(): Refused {
  return new Refused(refuse('session-unknown'))
}
