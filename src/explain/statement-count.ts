import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'

/** Statements that a text holds: parts between semicolons that hold more than comments. */
export function countStatements(text: string, dialect: Dialect): number {
  const tokens = new T.Tokenizer(text, dialect)
  let count = 0
  let isOpen = false
  while (tokens.next()) {
    if (tokens.type === T.SEMICOLON) isOpen = false
    else if (!isOpen) {
      isOpen = true
      count++
    }
  }
  return count
}
