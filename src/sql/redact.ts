import type { Dialect } from '../model/statement.ts'
import * as T from './tokenizer.ts'

/**
 * The text as the driver received it, spacing and case kept, with its literals replaced by `?` and its comments dropped.
 *
 * Placeholders stay, and so do NULL, TRUE and FALSE. In SQLite, T-SQL and Oracle a text in double quotes counts as a
 * name: an application that writes strings so, against the standard, shows them.
 */
export function redactLiterals(text: string, dialect: Dialect): string {
  const tokens = new T.Tokenizer(text, dialect)
  let redacted = ''
  let end = 0
  while (tokens.next()) {
    redacted += gapOf(tokens, end, tokens.start)
    const isLiteral = tokens.type === T.STRING || tokens.type === T.NUMBER
    redacted += isLiteral ? '?' : tokens.textOf(tokens.start, tokens.end)
    end = tokens.end
  }
  return redacted + gapOf(tokens, end, tokens.length)
}

/** What stands between two tokens: itself where it is blank, one space where it holds a comment, nothing at the ends. */
export function gapOf(tokens: T.Tokenizer, from: number, to: number): string {
  for (let at = from; at < to; at++) {
    if ((tokens.codes[at] as number) > 32) return from === 0 || to === tokens.length ? '' : ' '
  }
  return tokens.textOf(from, to)
}
