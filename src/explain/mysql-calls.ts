import * as T from '../sql/tokenizer.ts'
import { grammarWords, harmlessFunctions } from './mysql-functions.ts'

/** After these a name and a parenthesis are a table with its columns, an index with its parts, a type with its length. */
const beforeNames: ReadonlySet<string> = new Set('into table index key as with recursive insert replace'.split(' '))

/** Calls of a text that are not known to be harmless: names in lower case, a schema before them. */
export function doubtfulCalls(text: string): readonly string[] {
  const tokens = new T.Tokenizer(text, 'mysql')
  const calls = new Set<string>()
  // the name before, what stood before that, and the name a dot joins it to
  let name = ''
  let before = ''
  let isQualified = false
  let isQuoted = false
  let type: T.TokenType = T.END
  while (tokens.next()) {
    const raw = tokens.textOf(tokens.start, tokens.end).toLowerCase()
    if (tokens.type === T.OPEN && name !== '' && isDoubtful(name, before, isQualified, isQuoted)) calls.add(name)
    const isName =
      tokens.type === T.WORD || tokens.type === T.QUOTED_NAME || (tokens.type === T.STRING && raw[0] === '"')
    if (isName) {
      isQualified = type === T.DOT
      isQuoted = tokens.type !== T.WORD
      if (!isQualified) before = type === T.WORD ? name : ''
      name = isQuoted ? raw.slice(1, -1) : raw
    } else if (tokens.type !== T.DOT) {
      name = ''
    }
    type = tokens.type
  }
  return [...calls]
}

function isDoubtful(name: string, before: string, isQualified: boolean, isQuoted: boolean): boolean {
  if (beforeNames.has(before)) return false
  if (isQualified) return true
  if (harmlessFunctions.has(name)) return false
  return isQuoted || !grammarWords.has(name)
}
