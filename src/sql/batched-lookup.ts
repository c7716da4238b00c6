import type { Dialect } from '../model/statement.ts'
import {
  aggregates,
  canBeBatched,
  isConjunct,
  keyEqualityOf,
  nextPlaceholder,
  type Predicate,
  rawOf,
  selectsKey,
  type Token,
  writePredicate,
} from './batch-rewrite.ts'
import * as T from './tokenizer.ts'

/** One statement in place of many look-ups, to be planned or run. */
export interface BatchedLookup {
  readonly text: string
  /** Place of the keys among the parameters: in PostgreSQL of one array, elsewhere of as many values as there are keys. */
  readonly at: number
  /** False where the key stood in the text: the keys are then put in at that place, and later parameters come after them. */
  readonly isBound: boolean
}

/**
 * The statement that reads the rows of many keys at once, with its literals and with as many placeholders as there are keys.
 * As `batchedRewriteOf`, and beyond it what an application would not write without a word more: where rows do not show
 * their key, it is selected too; aggregates of all rows become those of each key, by GROUP BY; and `LIMIT n` becomes the
 * first n of each key, by `row_number()`.
 *
 * Parameters are taken by position: `$1` in PostgreSQL, `?` elsewhere.
 *
 * @returns undefined where the change could change the meaning, and where a parameter has another form.
 */
export function batchedLookupOf(text: string, dialect: Dialect, slot: number, keys: number): BatchedLookup | undefined {
  const equality = keyEqualityOf(text, dialect, slot)
  const place = equality === undefined ? undefined : keyPlace(dialect, equality.tokens, equality.predicate.key)
  if (equality === undefined || place === undefined) return undefined
  const { tokens, predicate, column, tableCount } = equality
  const { core, order, limit } = partsOf(tokens)
  if (predicate.to > core.length) return undefined
  const from = core.findIndex((token) => isOuterWord(token, 'from'))
  const list = core.slice(1, from)
  const isGrouped = limit === undefined && order.length === 0 && isAggregated(list)
  if (!isConjunct(core, predicate) || !canBeBatched(core, predicate.key, isGrouped)) return undefined
  if (limit !== undefined && (list[0]?.text === 'distinct' || order.some(({ type }) => type === T.NUMBER)))
    return undefined
  const name = rawOf(column)
  const added = isGrouped || !selectsKey(core, column, tableCount) ? [name] : []
  if (limit !== undefined) {
    const within = order.length === 0 ? '' : ` ${rawOf(order)}`
    added.push(`row_number() over (partition by ${name}${within}) as nonplus_place`)
  }
  const inner = `${written(dialect, tokens, core, predicate, from, added, keys)}${isGrouped ? ` group by ${name}` : ''}`
  if (limit !== undefined) {
    return { text: `select * from (${inner}) as nonplus where nonplus_place <= ${limit.raw}`, ...place }
  }
  return { text: order.length === 0 ? inner : `${inner} ${rawOf(order)}`, ...place }
}

interface Parts {
  /** Without what comes after. */
  readonly core: readonly Token[]
  /** ORDER BY, with these words. */
  readonly order: readonly Token[]
  /** The number of a `LIMIT n` that nothing comes after. */
  readonly limit: Token | undefined
}

/** A limit of another form stays in the core, where nothing can be batched with it. */
function partsOf(tokens: readonly Token[]): Parts {
  const hasLimit = isOuterWord(tokens.at(-2), 'limit')
  const body = hasLimit ? tokens.slice(0, -2) : tokens
  const from = body.findLastIndex((token) => isOuterWord(token, 'order'))
  const core = from < 0 ? body : body.slice(0, from)
  return { core, order: body.slice(core.length), limit: hasLimit ? tokens.at(-1) : undefined }
}

function isOuterWord(token: Token | undefined, word: string): boolean {
  return token?.type === T.WORD && token.depth === 0 && token.text === word
}

/** True of a select list in which every item is one call of an aggregate, with a name or without. */
function isAggregated(list: readonly Token[]): boolean {
  let isFirst = true
  for (const [at, token] of list.entries()) {
    if (token.depth === 0 && token.type === T.COMMA) isFirst = true
    else if (isFirst) {
      if (!aggregates.has(token.text) || list[at + 1]?.type !== T.OPEN) return false
      isFirst = false
    }
  }
  return list.length > 0
}

function written(
  dialect: Dialect,
  tokens: readonly Token[],
  core: readonly Token[],
  predicate: Predicate,
  from: number,
  added: readonly string[],
  keys: number,
): string {
  let text = ''
  for (const [at, token] of core.entries()) {
    if (at === from) text += added.map((item) => `, ${item}`).join('')
    if (at === predicate.from) text += token.gap + writePredicate(dialect, tokens, predicate, keys)
    if (at < predicate.from || at >= predicate.to) text += token.gap + token.raw
  }
  return text
}

/** Where its value stands among the parameters; undefined where some are not taken by position. */
function keyPlace(
  dialect: Dialect,
  tokens: readonly Token[],
  key: number,
): Pick<BatchedLookup, 'at' | 'isBound'> | undefined {
  const isNumbered = dialect === 'postgresql'
  const bound = tokens.filter(({ type }) => type === T.PLACEHOLDER)
  if (!bound.every(({ text }) => (isNumbered ? /^\$\d+$/.test(text) : text === '?'))) return undefined
  const token = tokens[key] as Token
  const isBound = token.type === T.PLACEHOLDER
  if (!isNumbered) return { at: bound.filter(({ start }) => start < token.start).length, isBound }
  return { at: Number((isBound ? token.text : nextPlaceholder(dialect, tokens)).slice(1)) - 1, isBound }
}
