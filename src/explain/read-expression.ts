import * as T from '../sql/tokenizer.ts'
import type { Expression } from './sql-tree.ts'
import type { TokenStream } from './token-stream.ts'

const COMPARISONS = new Set('= <> != < > <= >= <=> == ~ ~* !~ !~* ~~ ~~* !~~ !~~* @> <@ && @@ ? ?| ?& @? ^@'.split(' '))
const PATTERN_WORDS = new Set(['like', 'ilike', 'similar', 'regexp', 'rlike', 'glob', 'match'])
const ENDS = new Set(
  `from where group having order limit offset fetch window union intersect except returning for on using join inner left
  right full cross natural set values as asc desc nulls then when else end and or between in is not like ilike similar
  regexp rlike glob match escape isnull notnull collate lock into over filter within separator xor div mod`.split(
    /\s+/,
  ),
)

/** Reads an expression; what it does not understand is `unknown`, and passed. */
export function readExpression(tokens: TokenStream): Expression {
  const of = [readAnd(tokens)]
  while (tokens.take('or')) of.push(readAnd(tokens))
  return of.length === 1 ? (of[0] as Expression) : { type: 'or', of }
}

function readAnd(tokens: TokenStream): Expression {
  const of = [readNot(tokens)]
  while (tokens.take('and')) of.push(readNot(tokens))
  return of.length === 1 ? (of[0] as Expression) : { type: 'and', of }
}

function readNot(tokens: TokenStream): Expression {
  return tokens.take('not') ? { type: 'not', of: [readNot(tokens)] } : readComparison(tokens)
}

function readComparison(tokens: TokenStream): Expression {
  let left = readOperation(tokens)
  for (;;) {
    const operator = tokens.type === T.OPERATOR ? tokens.text : ''
    if (COMPARISONS.has(operator)) {
      tokens.next()
      left = { type: 'comparison', operator, of: [left, readOperation(tokens)] }
    } else {
      const next = tokens.type === T.WORD ? readWordComparison(tokens, left) : undefined
      if (next === undefined) return left
      left = next
    }
  }
}

function readWordComparison(tokens: TokenStream, left: Expression): Expression | undefined {
  if (tokens.take('is')) return readIs(tokens, left)
  const isNegated = tokens.word === 'not' && tokens.peek(1).type === T.WORD
  const word = isNegated ? tokens.peek(1).word : tokens.word
  const not = isNegated ? 'not ' : ''
  const isPattern = PATTERN_WORDS.has(word)
  if (word !== 'in' && word !== 'between' && !isPattern) return undefined
  if (isNegated) tokens.next()
  tokens.next()
  if (word === 'between') {
    const low = readOperation(tokens)
    tokens.take('and')
    return { type: 'comparison', operator: `${not}between`, of: [left, low, readOperation(tokens)] }
  }
  if (word === 'similar') tokens.take('to')
  const right = readOperation(tokens)
  if (tokens.take('escape')) readOperation(tokens)
  return { type: 'comparison', operator: not + word, of: [left, right] }
}

function readIs(tokens: TokenStream, left: Expression): Expression {
  const not = tokens.take('not') ? 'not ' : ''
  if (tokens.take('distinct')) {
    tokens.take('from')
    return { type: 'comparison', operator: `is ${not}distinct from`, of: [left, readOperation(tokens)] }
  }
  const { word } = tokens
  tokens.next()
  return { type: 'comparison', operator: `is ${not}${word}`, of: [left] }
}

/** Operators of one rank, as an index serves none of them but as a whole. */
function readOperation(tokens: TokenStream): Expression {
  let left = readPostfix(tokens)
  while (tokens.type === T.OPERATOR && !COMPARISONS.has(tokens.text)) {
    const operator = tokens.text
    tokens.next()
    left = { type: 'operation', operator, of: [left, readPostfix(tokens)] }
  }
  return left
}

function readPostfix(tokens: TokenStream): Expression {
  let left = readPrimary(tokens)
  for (;;) {
    if (tokens.type === T.CAST) {
      tokens.next()
      left = { type: 'cast', to: readType(tokens), of: [left] }
    } else if (tokens.type === T.BRACKET_OPEN) {
      tokens.next()
      tokens.skipTo(T.BRACKET_CLOSE)
      left = { type: 'unknown', of: [left] }
    } else if (tokens.take('collate')) {
      tokens.readNames()
    } else if (tokens.word === 'at' && tokens.peek(1).word === 'time' && tokens.peek(2).word === 'zone') {
      for (let words = 0; words < 3; words++) tokens.next()
      left = { type: 'unknown', of: [left, readPrimary(tokens)] }
    } else return left
  }
}

const TYPE_WORDS = new Set(['precision', 'varying', 'with', 'without', 'time', 'zone'])

function readType(tokens: TokenStream): string {
  let type = tokens.readNames().join('.')
  if (tokens.type === T.OPEN) {
    tokens.next()
    type += `(${tokens.text}`
    tokens.next()
    while (tokens.type === T.COMMA) {
      tokens.next()
      type += `,${tokens.text}`
      tokens.next()
    }
    type += ')'
    tokens.skipTo(T.CLOSE)
  }
  while (tokens.type === T.WORD && TYPE_WORDS.has(tokens.word)) {
    type += ` ${tokens.word}`
    tokens.next()
  }
  while (tokens.type === T.BRACKET_OPEN && tokens.peek(1).type === T.BRACKET_CLOSE) {
    type += '[]'
    tokens.next()
    tokens.next()
  }
  return type
}

function readPrimary(tokens: TokenStream): Expression {
  switch (tokens.type) {
    case T.STRING:
    case T.NUMBER:
      return literal(tokens)
    case T.PLACEHOLDER:
      return parameter(tokens)
    case T.OPEN:
      return readGroup(tokens)
    case T.QUOTED_NAME:
      return readColumn(tokens)
    case T.WORD:
      return readWord(tokens)
    case T.OPERATOR:
      tokens.next()
      return { type: 'unknown', of: [readPrimary(tokens)] }
    case T.STAR:
      tokens.next()
      return { type: 'unknown', of: [] }
    default:
      // The caller's loop must move on, but for what closes it.
      if (tokens.type !== T.CLOSE && tokens.type !== T.COMMA && tokens.type !== T.SEMICOLON) tokens.next()
      return { type: 'unknown', of: [] }
  }
}

function literal(tokens: TokenStream): Expression {
  const { text } = tokens
  tokens.next()
  return { type: 'value', text }
}

function parameter(tokens: TokenStream): Expression {
  const number = Number(/^[$?](\d+)$/.exec(tokens.text)?.[1] ?? tokens.parameters + 1)
  tokens.parameters = Math.max(number, tokens.parameters)
  tokens.next()
  return { type: 'value', parameter: number }
}

/** `( query )`, `( a )` or `( a, b )`. */
function readGroup(tokens: TokenStream): Expression {
  tokens.next()
  if (tokens.type === T.WORD && (tokens.word === 'select' || tokens.word === 'with')) {
    const query = tokens.readQuery(tokens)
    tokens.skipTo(T.CLOSE)
    return { type: 'query', query, of: [] }
  }
  const of = readArguments(tokens)
  return of.length === 1 ? (of[0] as Expression) : { type: 'row', of }
}

/** Reads up to the parenthesis that closes, and that too. */
function readArguments(tokens: TokenStream): Expression[] {
  const list: Expression[] = []
  while (tokens.type !== T.CLOSE && !tokens.isAtEnd) {
    list.push(readExpression(tokens))
    if (tokens.type !== T.COMMA) break
    tokens.next()
  }
  tokens.skipTo(T.CLOSE)
  return list
}

const CONSTANTS = new Set(['null', 'true', 'false', 'current_timestamp', 'current_date', 'localtimestamp'])
const TYPED_LITERALS = new Set(['interval', 'date', 'timestamp', 'timestamptz', 'time'])

function readWord(tokens: TokenStream): Expression {
  const { word } = tokens
  const next = tokens.peek(1)
  if (CONSTANTS.has(word)) return literal(tokens)
  if (TYPED_LITERALS.has(word) && (next.type === T.STRING || next.type === T.PLACEHOLDER)) {
    tokens.next()
    const value = readPrimary(tokens)
    return value.type === 'value' && value.text !== undefined ? { ...value, text: `${word} ${value.text}` } : value
  }
  if (word === 'case') return readCase(tokens)
  if (word === 'exists' || word === 'any' || word === 'all' || word === 'some' || word === 'distinct') {
    tokens.next()
    return { type: 'row', of: [readPrimary(tokens)] }
  }
  if (word === 'cast' && next.type === T.OPEN) return readCast(tokens)
  if (word === 'array' && next.type === T.BRACKET_OPEN) {
    tokens.next()
    tokens.next()
    tokens.skipTo(T.BRACKET_CLOSE)
    return { type: 'unknown', of: [] }
  }
  if (ENDS.has(word)) return { type: 'unknown', of: [] }
  return readColumn(tokens)
}

function readCase(tokens: TokenStream): Expression {
  const of: Expression[] = []
  for (tokens.next(); !tokens.isAtEnd && tokens.type !== T.CLOSE && !tokens.take('end'); ) {
    if (tokens.take('when') || tokens.take('then') || tokens.take('else')) continue
    const at = tokens.peek()
    of.push(readExpression(tokens))
    if (tokens.peek() === at) tokens.next()
  }
  return { type: 'unknown', of }
}

function readCast(tokens: TokenStream): Expression {
  tokens.next()
  tokens.next()
  const of = readExpression(tokens)
  tokens.take('as')
  const to = readType(tokens)
  tokens.skipTo(T.CLOSE)
  return { type: 'cast', to, of: [of] }
}

function readColumn(tokens: TokenStream): Expression {
  const names = tokens.readNames()
  if (tokens.type === T.STAR) {
    tokens.next()
    return { type: 'column', ...(names.length > 0 ? { table: names.at(-1) as string } : {}), name: '*' }
  }
  if (tokens.type === T.OPEN) return readCall(tokens, names.join('.'))
  const [name, table] = names.reverse()
  return { type: 'column', ...(table === undefined ? {} : { table }), name: name ?? '' }
}

function readCall(tokens: TokenStream, name: string): Expression {
  tokens.next()
  const of = readArguments(tokens)
  let isPlain = true
  while (tokens.word === 'over' || tokens.word === 'filter' || tokens.word === 'within') {
    isPlain = false
    tokens.next()
    tokens.take('group')
    if (tokens.type === T.OPEN) tokens.skipParentheses()
    else tokens.next()
  }
  return isPlain ? { type: 'call', name, of } : { type: 'unknown', of }
}
