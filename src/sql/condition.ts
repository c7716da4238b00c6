import type { Dialect } from '../model/statement.ts'
import { closingOf, isWord, type ListedToken, listedTokens, textOfTokens } from './listed-tokens.ts'
import { type Operand, operandOf } from './operand.ts'
import * as T from './token-type.ts'

/** Two sides that are compared; a column, where one side is one, stands on the left. */
export interface Comparison {
  readonly kind: 'comparison'
  /** In lower case: `=`, `<`, `in`, `not in`, `like`, `between`, `is null`, `= any`, …. */
  readonly operator: string
  readonly left: Operand
  readonly right: readonly Operand[]
  readonly text: string
}

/** What a condition says. `other` is an expression that compares nothing: a column, a call, a subplan. */
export type Condition =
  | Comparison
  | { readonly kind: 'and' | 'or' | 'not'; readonly parts: readonly Condition[]; readonly text: string }
  | { readonly kind: 'other'; readonly operand: Operand; readonly text: string }

const comparisons: ReadonlySet<string> = new Set(
  '= <> != < > <= >= <=> == ~ ~* !~ !~* ~~ ~~* !~~ !~~* @> <@ @? @@ && ?| ?&'.split(' '),
)
const mirrored: Readonly<Record<string, string>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '@>': '<@',
  '<@': '@>',
}
const operatorWords: readonly string[] = [
  'is',
  'in',
  'like',
  'ilike',
  'between',
  'regexp',
  'rlike',
  'glob',
  'match',
  'similar',
]
/** Names that engines print for operators of a pattern. */
const written: Readonly<Record<string, string>> = {
  '~~': 'like',
  '~~*': 'ilike',
  '!~~': 'not like',
  '!~~*': 'not ilike',
  '==': '=',
  '!=': '<>',
}

/**
 * Reads a condition, as a statement or a plan of any engine writes it. What it does not understand is `other`, with the
 * columns in it; it never throws.
 */
export function conditionOf(text: string, dialect: Dialect): Condition {
  return readCondition(listedTokens(text, dialect))
}

/** As {@link conditionOf}, of a part of a text that was read already. */
export function readCondition(tokens: readonly ListedToken[]): Condition {
  const inner = withoutParentheses(tokens)
  for (const kind of ['or', 'and'] as const) {
    const parts = splitBy(inner, kind)
    if (parts.length > 1) return { kind, parts: parts.map(readCondition), text: textOfTokens(inner) }
  }
  if (isWord(inner[0], 'not')) {
    return { kind: 'not', parts: [readCondition(inner.slice(1))], text: textOfTokens(inner) }
  }
  return readPredicate(inner)
}

/** The conditions that all must hold. */
export function conjunctsOf(condition: Condition): Condition[] {
  return condition.kind === 'and' ? condition.parts.flatMap(conjunctsOf) : [condition]
}

/** Every comparison in a condition, also those of which one must hold. */
export function comparisonsOf(condition: Condition): Comparison[] {
  if (condition.kind === 'comparison') return [condition]
  return condition.kind === 'other' ? [] : condition.parts.flatMap(comparisonsOf)
}

function withoutParentheses(tokens: readonly ListedToken[]): readonly ListedToken[] {
  let inner = tokens
  while (inner[0]?.type === T.OPEN && closingOf(inner, 0) === inner.length - 1) inner = inner.slice(1, -1)
  return inner
}

/** Parts between a word outside of parentheses, CASE and BETWEEN. */
function splitBy(tokens: readonly ListedToken[], word: 'and' | 'or'): ListedToken[][] {
  const parts: ListedToken[][] = [[]]
  let cases = 0
  let betweens = 0
  const [first] = tokens
  const depth = Math.min(...tokens.map((token) => token.depth), first?.depth ?? 0)
  for (const token of tokens) {
    const isOutside = token.depth === depth
    if (isOutside && isWord(token, 'case')) cases++
    if (isOutside && isWord(token, 'end')) cases--
    if (isOutside && isWord(token, 'between')) betweens++
    const isSplit = isOutside && cases <= 0 && isWord(token, word)
    if (isSplit && word === 'and' && betweens > 0) betweens--
    else if (isSplit) {
      parts.push([])
      continue
    }
    parts.at(-1)?.push(token)
  }
  return parts.every((part) => part.length > 0) ? parts : [[...tokens]]
}

function readPredicate(tokens: readonly ListedToken[]): Condition {
  const text = textOfTokens(tokens)
  const found = operatorsIn(tokens)
  const [first, second] = found
  if (first === undefined) return { kind: 'other', operand: operandOf(tokens), text }
  if (second !== undefined && isOrder(first.operator) && isOrder(second.operator)) {
    return chained(tokens, first, second, text)
  }
  return comparisonOf(tokens.slice(0, first.from), first.operator, tokens.slice(first.to), text)
}

interface FoundOperator {
  readonly operator: string
  readonly from: number
  readonly to: number
}

function operatorsIn(tokens: readonly ListedToken[]): FoundOperator[] {
  const depth = Math.min(...tokens.map((token) => token.depth))
  const found: FoundOperator[] = []
  let cases = 0
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.depth !== depth) continue
    if (isWord(tokens[at], 'case')) cases++
    if (isWord(tokens[at], 'end')) cases--
    if (cases > 0) continue
    const operator = operatorAt(tokens, at)
    if (operator === undefined) continue
    found.push(operator)
    at = operator.to - 1
  }
  return found
}

function operatorAt(tokens: readonly ListedToken[], at: number): FoundOperator | undefined {
  const token = tokens[at]
  if (token?.type === T.OPERATOR && comparisons.has(token.raw)) {
    const operator = written[token.raw] ?? token.raw
    const quantifier = tokens[at + 1]
    const isQuantified = isWord(quantifier, 'any', 'all', 'some') && tokens[at + 2]?.type === T.OPEN
    const word = quantifier?.text.toLowerCase() === 'all' ? 'all' : 'any'
    return isQuantified ? { operator: `${operator} ${word}`, from: at, to: at + 2 } : { operator, from: at, to: at + 1 }
  }
  const isNegated = isWord(token, 'not')
  const word = tokens[isNegated ? at + 1 : at]
  if (!isWord(word, ...operatorWords)) return undefined
  if (isWord(word, 'is')) return isOperator(tokens, at)
  const to = at + (isNegated ? 2 : 1)
  const name = word?.text.toLowerCase() ?? ''
  return { operator: isNegated ? `not ${name}` : name, from: at, to: isWord(tokens[to], 'to') ? to + 1 : to }
}

/** `is null`, `is not distinct from`, `is true`. */
function isOperator(tokens: readonly ListedToken[], at: number): FoundOperator {
  let to = at + 1
  while (isWord(tokens[to], 'not', 'distinct', 'from', 'null', 'true', 'false', 'unknown')) to++
  const words = tokens.slice(at, to).map(({ text }) => text.toLowerCase())
  return { operator: words.join(' '), from: at, to }
}

function isOrder(operator: string): boolean {
  return operator === '<' || operator === '<='
}

/** `('x' <= status <= 'x')`, as MySQL prints a range. */
function chained(tokens: readonly ListedToken[], first: FoundOperator, second: FoundOperator, text: string): Condition {
  const middle = tokens.slice(first.to, second.from)
  return {
    kind: 'and',
    parts: [
      comparisonOf(tokens.slice(0, first.from), first.operator, middle, text),
      comparisonOf(middle, second.operator, tokens.slice(second.to), text),
    ],
    text,
  }
}

function comparisonOf(
  before: readonly ListedToken[],
  operator: string,
  behind: readonly ListedToken[],
  text: string,
): Comparison {
  const left = operandOf(before)
  const right = rightSides(operator, behind)
  const [only] = right
  const isMirrored = right.length === 1 && left.columns.length === 0 && (only?.columns.length ?? 0) > 0
  if (!isMirrored || only === undefined) return { kind: 'comparison', operator, left, right, text }
  return { kind: 'comparison', operator: mirrored[operator] ?? operator, left: only, right: [left], text }
}

function rightSides(operator: string, tokens: readonly ListedToken[]): Operand[] {
  if (operator.endsWith('between')) {
    const [low = [], high = []] = splitBy(tokens, 'and')
    return [operandOf(low), operandOf(high)]
  }
  const escapeAt = tokens.findIndex((token) => isWord(token, 'escape'))
  const own = escapeAt === -1 ? tokens : tokens.slice(0, escapeAt)
  return own.length === 0 ? [] : [operandOf(own)]
}
