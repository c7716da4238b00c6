import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'

/** Names and operators that stand in a text, folded as the server folds them. */
export interface SqlWords {
  /** Every name and keyword. */
  readonly names: ReadonlySet<string>
  /** Those before `(`. */
  readonly calls: ReadonlySet<string>
  /** Those after a dot, where PostgreSQL calls functions without parentheses: `row.name`. */
  readonly dotted: ReadonlySet<string>
  readonly operators: ReadonlySet<string>
  /** True where a variable of the user's own is read or set in MySQL: `@x`. */
  readonly hasVariables: boolean
}

/** PostgreSQL cuts names at 63 bytes. */
const LONGEST_NAME = 63

/** Reads all that a text may call or read. More may be in it than is called, never less. */
export function sqlWords(text: string, dialect: Dialect): SqlWords {
  const tokens = new T.Tokenizer(text, dialect)
  const names = new Set<string>()
  const calls = new Set<string>()
  const dotted = new Set<string>()
  const operators = new Set<string>()
  let hasVariables = false
  let last = ''
  let lastType: T.TokenType = T.END
  while (tokens.next()) {
    const { type } = tokens
    const raw = tokens.textOf(tokens.start, tokens.end)
    if (type === T.OPEN && last !== '') calls.add(last)
    const isAfterDot = lastType === T.DOT
    last = nameOf(raw, type, dialect)
    if (last !== '') names.add(last)
    if (last !== '' && isAfterDot) dotted.add(last)
    if (type === T.OPERATOR) operators.add(raw)
    if (dialect === 'mysql' && raw.startsWith('@') && !raw.startsWith('@@')) hasVariables = true
    lastType = type
  }
  return { names, calls, dotted, operators, hasVariables }
}

function nameOf(raw: string, type: T.TokenType, dialect: Dialect): string {
  if (type === T.WORD) return dialect === 'postgresql' ? cut(foldAscii(raw)) : raw.toLowerCase()
  if (type === T.QUOTED_NAME) {
    const quote = raw.at(-1) as string
    const name = raw.slice(1, -1).replaceAll(quote + quote, quote)
    return dialect === 'postgresql' ? cut(name) : name.toLowerCase()
  }
  // a name under ANSI_QUOTES
  if (type === T.STRING && dialect === 'mysql' && raw.startsWith('"')) return raw.slice(1, -1).toLowerCase()
  return ''
}

function foldAscii(word: string): string {
  return word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function cut(name: string): string {
  if (name.length * 3 <= LONGEST_NAME) return name
  const bytes = Buffer.from(name)
  if (bytes.length <= LONGEST_NAME) return name
  let end = LONGEST_NAME
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end).toString('utf8')
}
