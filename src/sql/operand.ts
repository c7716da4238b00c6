import { closingOf, isName, isWord, type ListedToken, textOfTokens } from './listed-tokens.ts'
import * as T from './token-type.ts'

/** A column, as it is named: `o.customer_id`. */
export interface ColumnName {
  /** What stands before it: an alias or a table, without its schema. */
  readonly table?: string
  readonly name: string
}

/** One side of a comparison. */
export interface Operand {
  readonly text: string
  /** Where it is a column and nothing else, but for parentheses and a cast. */
  readonly column?: ColumnName
  /** Type that the column is cast to. */
  readonly cast?: string
  /** Function around everything, in lower case: `lower`. */
  readonly call?: string
  /** All columns in it. Those of subqueries, too. */
  readonly columns: readonly ColumnName[]
  /** It holds a subquery, or stands for one. */
  readonly hasSubquery: boolean
}

const notColumns: ReadonlySet<string> = new Set(
  `null true false default current_date current_time current_timestamp localtime localtimestamp interval date time timestamp
  case when then else end and or not in is like between exists any all some array row select from where as distinct
  on join left right inner outer cross order group by having limit offset asc desc collate cast using escape binary
  unsigned signed char`.split(/\s+/),
)

/** Words before a parenthesis that call nothing. */
const notCalls: readonly string[] =
  'and or not in any all some exists case when then else interval row array select'.split(' ')

/** Reads one side of a comparison. */
export function operandOf(tokens: readonly ListedToken[]): Operand {
  const inner = withoutParentheses(withoutCollation(withoutParentheses(tokens)))
  const { base, cast } = castOf(inner)
  const column = columnOf(withoutParentheses(base))
  const call = column === undefined ? callOf(withoutParentheses(base)) : undefined
  return {
    text: textOfTokens(inner),
    ...(column === undefined ? {} : { column }),
    ...(cast === undefined || column === undefined ? {} : { cast }),
    ...(call === undefined ? {} : { call }),
    columns: columnsIn(inner),
    hasSubquery: inner.some((token) => isWord(token, 'select', 'subplan', 'initplan')),
  }
}

function withoutParentheses(tokens: readonly ListedToken[]): readonly ListedToken[] {
  let inner = tokens
  while (inner[0]?.type === T.OPEN && closingOf(inner, 0) === inner.length - 1) inner = inner.slice(1, -1)
  return inner
}

function withoutCollation(tokens: readonly ListedToken[]): readonly ListedToken[] {
  const [first] = tokens
  const at = tokens.findIndex((token) => token.depth === first?.depth && isWord(token, 'collate'))
  return at <= 0 ? tokens : tokens.slice(0, at)
}

/** `x::text` and `cast(x as text)`: what is cast, and to what. */
function castOf(tokens: readonly ListedToken[]): { base: readonly ListedToken[]; cast?: string } {
  const depth = Math.min(...tokens.map((token) => token.depth))
  const at = tokens.findIndex((token) => token.type === T.CAST && token.depth === depth)
  if (at > 0 && tokens.slice(at).every((token) => isTypePart(token))) {
    return { base: tokens.slice(0, at), cast: textOfTokens(tokens.slice(at + 1)) }
  }
  if (!isWord(tokens[0], 'cast') || tokens[1]?.type !== T.OPEN || closingOf(tokens, 1) !== tokens.length - 1) {
    return { base: tokens }
  }
  const inside = tokens.slice(2, -1)
  const as = inside.findIndex((token) => isWord(token, 'as') && token.depth === inside[0]?.depth)
  if (as <= 0) return { base: tokens }
  return { base: inside.slice(0, as), cast: textOfTokens(inside.slice(as + 1)) }
}

function isTypePart({ type }: ListedToken): boolean {
  const parts: readonly T.TokenType[] = [
    T.CAST,
    T.WORD,
    T.QUOTED_NAME,
    T.NUMBER,
    T.OPEN,
    T.CLOSE,
    T.COMMA,
    T.DOT,
    T.BRACKET_OPEN,
    T.BRACKET_CLOSE,
  ]
  return parts.includes(type)
}

function columnOf(tokens: readonly ListedToken[]): ColumnName | undefined {
  if (tokens.length % 2 === 0) return undefined
  const isChain = tokens.every((token, index) => (index % 2 === 0 ? isName(token) : token.type === T.DOT))
  if (!isChain || (tokens.length === 1 && isReserved(tokens[0]))) return undefined
  return nameOf(tokens)
}

function nameOf(chain: readonly ListedToken[]): ColumnName {
  const table = chain.at(-3)?.text
  return { ...(table === undefined ? {} : { table }), name: chain.at(-1)?.text ?? '' }
}

function isReserved(token: ListedToken | undefined): boolean {
  return token?.type === T.WORD && notColumns.has(token.text.toLowerCase())
}

function callOf(tokens: readonly ListedToken[]): string | undefined {
  const [name, open] = tokens
  if (!isName(name) || open?.type !== T.OPEN || isWord(name, ...notCalls)) return undefined
  return closingOf(tokens, 1) === tokens.length - 1 ? name?.text.toLowerCase() : undefined
}

function columnsIn(tokens: readonly ListedToken[]): ColumnName[] {
  const columns: ColumnName[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.type === T.CAST) {
      while (isName(tokens[at + 1])) at++
      continue
    }
    if (!isName(tokens[at])) continue
    const from = at
    while (tokens[at + 1]?.type === T.DOT && isName(tokens[at + 2])) at += 2
    const isCall = tokens[at + 1]?.type === T.OPEN
    if (isCall || (from === at && isReserved(tokens[at]))) continue
    columns.push(nameOf(tokens.slice(from, at + 1)))
  }
  return columns
}
