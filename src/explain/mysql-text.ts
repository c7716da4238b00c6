import * as T from '../sql/tokenizer.ts'

/** Escapes of a driver: a value as a literal, a name in backquotes. */
export interface MysqlEscapes {
  value(value: unknown): string
  name(name: string): string
}

/**
 * A text with its values in place of `?`, and of `??` for names, as `query()` of the drivers writes them: unlike these it
 * leaves a question mark in a string or a comment alone.
 */
export function withValues(text: string, values: readonly unknown[], escapes: MysqlEscapes): string {
  const tokens = new T.Tokenizer(text, 'mysql')
  let written = ''
  let copied = 0
  let taken = 0
  while (tokens.next()) {
    if (tokens.type !== T.PLACEHOLDER || tokens.textOf(tokens.start, tokens.end) !== '?') continue
    if (taken >= values.length) break
    const isName = tokens.codes[tokens.end] === 63
    const value = values[taken++]
    written += tokens.textOf(copied, tokens.start) + (isName ? escapes.name(String(value)) : escapes.value(value))
    copied = isName ? tokens.end + 1 : tokens.end
    if (isName) tokens.next()
  }
  return written + tokens.textOf(copied, tokens.length)
}

/** What MySQL does not take as a prepared statement, or forgets its warnings for. All of it is text of our own. */
const CONTROL = /^(set|use|start transaction|rollback|show) /i

/** True for a text of ours that goes by the text protocol. */
export function isControl(text: string): boolean {
  return CONTROL.test(`${text} `)
}
