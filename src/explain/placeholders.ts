import * as T from '../sql/tokenizer.ts'

/** Highest number of a `$n` in a text for PostgreSQL; 0 without. */
export function placeholdersIn(text: string): number {
  const tokens = new T.Tokenizer(text, 'postgresql')
  let highest = 0
  while (tokens.next()) {
    if (tokens.type !== T.PLACEHOLDER) continue
    highest = Math.max(highest, Number.parseInt(tokens.textOf(tokens.start + 1, tokens.end), 10) || 0)
  }
  return highest
}
