import type { Dialect } from '../model/statement.ts'
import { RecentMap } from './recent-map.ts'
import { gapOf } from './redact.ts'
import { shape } from './shape.ts'
import { statementOf } from './statement.ts'
import * as T from './tokenizer.ts'

/** A token of a statement. */
export interface Token {
  readonly type: T.TokenType
  readonly start: number
  /** Lower case where it is a word, else as written. */
  readonly text: string
  readonly raw: string
  /** What stands before it. */
  readonly gap: string
  readonly depth: number
}

/** Words that change which rows come back, or how they could be told apart, when several keys are asked for at once. */
const refusedOutside: ReadonlySet<string> = new Set(
  'limit offset fetch top group having union intersect except minus for window into qualify connect start pivot unpivot lock with sample tablesample procedure'.split(
    ' ',
  ),
)
/** Functions that give the same value for the same arguments in one statement, and one value per row. */
const rowFunctions: ReadonlySet<string> = new Set(
  `abs ceil ceiling floor round trunc sign mod power sqrt exp ln log greatest least coalesce nullif ifnull isnull nvl iif if
  lower upper length char_length character_length octet_length substring substr left right trim ltrim rtrim btrim replace
  concat concat_ws lpad rpad position strpos instr reverse repeat split_part format initcap md5 encode decode quote_ident
  to_char to_date to_timestamp to_number date_trunc date_part extract age date time timestamp datetime strftime julianday
  unixepoch date_format year month day hour minute second dayofweek datediff date_add date_sub timestampdiff dateadd datepart
  now current_timestamp localtimestamp cast convert try_cast try_convert json_build_object json_build_array
  jsonb_build_object jsonb_build_array to_json to_jsonb row_to_json json_extract json_object json_array json_value json_query
  json_unquote jsonb_extract_path jsonb_extract_path_text json_extract_path_text jsonb_array_length json_array_length
  array_length cardinality array_to_string hex unhex typeof st_x st_y st_astext st_asgeojson varchar decimal numeric char
  nvarchar varbinary`.split(/\s+/),
)
/** Aggregates, harmless inside a subquery that the key does not stand in. */
export const aggregates: ReadonlySet<string> = new Set(
  `count sum avg min max array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg string_agg group_concat bool_and
  bool_or every json_arrayagg json_objectagg json_group_array json_group_object total listagg stddev variance`.split(
    /\s+/,
  ),
)
/** Words after which an opening parenthesis is no call. */
const beforeParenthesis: ReadonlySet<string> = new Set(
  `select from where and or not in exists on join as any some all then else when case between like ilike distinct by using
  values lateral is interval escape returning set over filter array row`.split(/\s+/),
)
/** Words that make an AND beside them no plain one, or that stand for OR. */
const links: ReadonlySet<string> = new Set(['or', 'xor', '||', 'case', 'between'])
const endsPredicate: ReadonlySet<string> = new Set(['and', 'order'])

/**
 * The statement that reads the rows of many keys at once, in place of one that reads the rows of one key.
 *
 * Only for a SELECT with the key in one equality of its outer WHERE, and only where asking for several keys gives the
 * union of what each key gave, and the rows tell which key they belong to. The equality becomes `column = any($n)` in
 * PostgreSQL and `column in (?)` elsewhere; a literal key becomes the next free `$n` or a `?`. Other literals are
 * replaced as {@link redactLiterals} does.
 *
 * @param slot index into the slots of the statement.
 * @param literals `kept` for a text that is to be run, not shown.
 * @returns undefined where the change could change the meaning: row limits, grouping, aggregates, window functions, set
 *   operations, locks, functions not known to be harmless, a key that is one of several alternatives, negated, mentioned
 *   twice or inside a subquery, or a select list without the key.
 */
export function batchedRewriteOf(
  text: string,
  dialect: Dialect,
  slot: number,
  literals: 'redacted' | 'kept' = 'redacted',
): string | undefined {
  if (literals === 'kept') return rewriteOf(text, dialect, slot, literals)
  // the same loop is found in request after request
  const key = `${dialect}:${slot}:${text}`
  let known = rewrites.get(key)
  if (known === undefined) {
    known = { text: rewriteOf(text, dialect, slot, literals) }
    rewrites.set(key, known)
  }
  return known.text
}

const rewrites = new RecentMap<{ readonly text: string | undefined }>(100)

function rewriteOf(text: string, dialect: Dialect, slot: number, literals: 'redacted' | 'kept'): string | undefined {
  const equality = keyEqualityOf(text, dialect, slot)
  if (equality === undefined) return undefined
  const { tokens, predicate, column, tableCount } = equality
  if (!isConjunct(tokens, predicate) || !canBeBatched(tokens, predicate.key)) return undefined
  if (!selectsKey(tokens, column, tableCount)) return undefined
  return write(dialect, tokens, predicate, literals)
}

/** A SELECT, and the one comparison of a column with a value in it. */
export interface KeyEquality {
  readonly tokens: readonly Token[]
  readonly predicate: Predicate
  /** Name of the column, as written. */
  readonly column: readonly Token[]
  /** Tables that are named. */
  readonly tableCount: number
}

/** Where a slot is compared with a column by `=` in a WHERE; undefined where it is not, and in statements that write. */
export function keyEqualityOf(text: string, dialect: Dialect, slot: number): KeyEquality | undefined {
  const statement = statementOf(text, dialect)
  const described = statement.slots[slot]
  if (statement.kind !== 'select' || statement.writes) return undefined
  if (described?.clause !== 'where' || described.operator !== '=' || described.column === undefined) return undefined
  const keyAt = keyPosition(text, dialect, slot)
  if (keyAt === undefined) return undefined
  const tokens = tokensOf(text, dialect)
  const key = tokens.findIndex((token) => token.start === keyAt)
  const predicate = key < 0 ? undefined : predicateAround(tokens, key)
  if (predicate === undefined) return undefined
  const column = tokens.slice(predicate.columnFrom, predicate.columnTo)
  return { tokens, predicate, column, tableCount: statement.tables.length }
}

/** Where the value of the slot stands; undefined where it is no single literal or placeholder. */
function keyPosition(text: string, dialect: Dialect, slot: number): number | undefined {
  shape.read(text, dialect)
  if (slot >= shape.slotCount || shape.isList(slot)) return undefined
  const value = shape.firstValueOf(slot)
  const type = shape.valueTypes[value]
  if (type !== T.PLACEHOLDER && type !== T.STRING && type !== T.NUMBER) return undefined
  return shape.valueStarts[value]
}

function tokensOf(text: string, dialect: Dialect): Token[] {
  const tokens: Token[] = []
  const tokenizer = new T.Tokenizer(text, dialect)
  let depth = 0
  let before = 0
  while (tokenizer.next()) {
    const { type, start, end } = tokenizer
    if (type === T.CLOSE) depth--
    const raw = tokenizer.textOf(start, end)
    const gap = gapOf(tokenizer, before, start)
    before = end
    tokens.push({ type, start, text: type === T.WORD ? raw.toLowerCase() : raw, raw, gap, depth })
    if (type === T.OPEN) depth++
  }
  while (tokens.at(-1)?.type === T.SEMICOLON) tokens.pop()
  return tokens
}

/** Where a column is compared with a value. */
export interface Predicate {
  /** First token, and the one behind the last. */
  readonly from: number
  readonly to: number
  readonly columnFrom: number
  readonly columnTo: number
  /** The value without its sign and cast. */
  readonly key: number
  /** Cast of the value: tokens from the behind the value up to here. */
  readonly castTo: number
}

/** `column = key` or `key = column`, with the cast of the key. */
function predicateAround(tokens: readonly Token[], keyAt: number): Predicate | undefined {
  // A negative number begins with its sign.
  const key = tokens[keyAt]?.type === T.OPERATOR ? keyAt + 1 : keyAt
  const castTo = endOfCast(tokens, key + 1)
  if (tokens[keyAt - 1]?.text === '=') {
    const columnTo = keyAt - 1
    const columnFrom = startOfName(tokens, columnTo)
    if (columnFrom === columnTo) return undefined
    return { from: columnFrom, to: castTo, columnFrom, columnTo, key, castTo }
  }
  if (tokens[castTo]?.text !== '=') return undefined
  const columnFrom = castTo + 1
  const columnTo = endOfName(tokens, columnFrom)
  if (columnTo === columnFrom || tokens[columnTo]?.type === T.OPEN) return undefined
  return { from: keyAt, to: columnTo, columnFrom, columnTo, key, castTo }
}

function isName(token: Token | undefined): boolean {
  return token?.type === T.WORD || token?.type === T.QUOTED_NAME
}

function startOfName(tokens: readonly Token[], end: number): number {
  if (!isName(tokens[end - 1])) return end
  let at = end - 1
  while (tokens[at - 1]?.type === T.DOT && isName(tokens[at - 2])) at -= 2
  return at
}

function endOfName(tokens: readonly Token[], start: number): number {
  if (!isName(tokens[start])) return start
  let at = start + 1
  while (tokens[at]?.type === T.DOT && isName(tokens[at + 1])) at += 2
  return at
}

/** A cast to a type of one word: `::uuid`, `::public.mood`. */
function endOfCast(tokens: readonly Token[], from: number): number {
  let at = from
  while (tokens[at]?.type === T.CAST) at = endOfName(tokens, at + 1)
  return at
}

/**
 * True where the predicate stands in the outer WHERE and every row must meet it: from the predicate outward, each level
 * is a chain of ANDs in parentheses that only group. Alternatives beside the predicate, in parentheses of their own, do
 * no harm.
 */
export function isConjunct(tokens: readonly Token[], predicate: Predicate): boolean {
  const next = tokens[predicate.to]
  if (next !== undefined && next.type !== T.CLOSE && !(next.type === T.WORD && endsPredicate.has(next.text)))
    return false
  if (!isLink(tokens[predicate.from - 1])) return false
  let depth = (tokens[predicate.key] as Token).depth
  let at = predicate.from - 1
  for (;;) {
    const begin = beginOfLevel(tokens, at, depth)
    if (hasAlternatives(tokens, begin, depth)) return false
    const token = tokens[begin]
    if (token?.type === T.WORD) return token.text === 'where' && depth === 0
    if (token?.type !== T.OPEN || !isLink(tokens[begin - 1])) return false
    at = begin - 1
    depth--
  }
}

/** What may stand before a condition, or a group of them, that must hold. */
function isLink(token: Token | undefined): boolean {
  return token?.type === T.OPEN || (token?.type === T.WORD && (token.text === 'where' || token.text === 'and'))
}

/** The WHERE or the parenthesis that opens the level which `at` stands in. */
function beginOfLevel(tokens: readonly Token[], at: number, depth: number): number {
  let begin = at
  for (; begin >= 0; begin--) {
    const token = tokens[begin] as Token
    if (token.depth < depth) return begin
    if (token.depth === depth && token.type === T.WORD && token.text === 'where') return begin
  }
  return begin
}

/** True where a level has an OR, or an AND that may belong to BETWEEN or CASE. */
function hasAlternatives(tokens: readonly Token[], begin: number, depth: number): boolean {
  for (let at = begin + 1; at < tokens.length; at++) {
    const token = tokens[at] as Token
    if (token.depth < depth) return false
    if (token.depth === depth && (token.type === T.WORD || token.type === T.OPERATOR) && links.has(token.text))
      return true
  }
  return false
}

/**
 * True where the rows of several keys are those of each key, put together.
 *
 * @param isGrouped aggregates of the outer SELECT do no harm, because it is grouped by the key.
 */
export function canBeBatched(tokens: readonly Token[], key: number, isGrouped = false): boolean {
  const first = tokens[0]
  if (first?.type !== T.WORD || first.text !== 'select') return false
  const keyText = (tokens[key] as Token).text
  const isNumbered = /^(?:[$:@]|\?\d|%\()/.test(keyText)
  const selects: number[] = []
  for (const [at, token] of tokens.entries()) {
    if (token.type === T.SEMICOLON) return false
    if (isNumbered && at !== key && token.type === T.PLACEHOLDER && token.text === keyText) return false
    if (token.type !== T.WORD) continue
    while (selects.length > 0 && (selects.at(-1) as number) > token.depth) selects.pop()
    if (token.text === 'select') selects.push(token.depth)
    const isOuter = selects.length <= 1
    if (token.text === 'over') return false
    if (isOuter && tokens[at - 1]?.type !== T.DOT && refusedOutside.has(token.text)) return false
    if (token.text === 'distinct' && tokens[at + 1]?.text === 'on') return false
    if (tokens[at + 1]?.type === T.OPEN && !isHarmlessCall(tokens, at, isOuter && !isGrouped)) return false
  }
  return true
}

function isHarmlessCall(tokens: readonly Token[], at: number, isOuter: boolean): boolean {
  const name = (tokens[at] as Token).text
  if (tokens[at - 1]?.type === T.DOT) return false
  return beforeParenthesis.has(name) || rowFunctions.has(name) || (!isOuter && aggregates.has(name))
}

/** True where each row shows its key: by `*`, by `t.*` of the table of the key, or by the column itself. */
export function selectsKey(tokens: readonly Token[], column: readonly Token[], tableCount: number): boolean {
  const name = nameOf(column.at(-1))
  const qualifier = column.length > 2 ? nameOf(column.at(-3)) : undefined
  let from = tokens[1]?.text === 'distinct' || tokens[1]?.text === 'all' ? 2 : 1
  for (let at = from; at <= tokens.length; at++) {
    const token = tokens[at]
    const isEnd = token === undefined || (token.depth === 0 && token.type === T.WORD && token.text === 'from')
    if (!isEnd && !(token.depth === 0 && token.type === T.COMMA)) continue
    if (isKeyItem(tokens.slice(from, at), name, qualifier, tableCount)) return true
    if (isEnd) return false
    from = at + 1
  }
  return false
}

function isKeyItem(item: readonly Token[], name: string, qualifier: string | undefined, tableCount: number): boolean {
  if (item.length === 1 && item[0]?.type === T.STAR) return true
  const end = endOfName(item, 0)
  const isStar = item[end]?.type === T.DOT && item[end + 1]?.type === T.STAR
  if (isStar) return qualifier === undefined ? tableCount === 1 : nameOf(item[end - 1]) === qualifier
  if (end === 0 || nameOf(item[end - 1]) !== name) return false
  // The column may be renamed, but nothing else may be done to it.
  const rest = item.slice(end)
  const isRenamed = (rest.length === 1 && isName(rest[0])) || (rest.length === 2 && rest[0]?.text === 'as')
  if (rest.length > 0 && !isRenamed) return false
  const itemQualifier = end > 2 ? nameOf(item[end - 3]) : undefined
  return itemQualifier === qualifier || (tableCount === 1 && (itemQualifier === undefined || qualifier === undefined))
}

function nameOf(token: Token | undefined): string {
  if (token === undefined) return ''
  return token.type === T.QUOTED_NAME ? token.text.slice(1, -1) : token.text
}

function write(
  dialect: Dialect,
  tokens: readonly Token[],
  predicate: Predicate,
  literals: 'redacted' | 'kept',
): string {
  let rewritten = ''
  for (const [at, token] of tokens.entries()) {
    if (at === predicate.from) rewritten += token.gap + writePredicate(dialect, tokens, predicate)
    if (at >= predicate.from && at < predicate.to) continue
    const isLiteral = token.type === T.STRING || token.type === T.NUMBER
    rewritten += token.gap + (isLiteral && literals === 'redacted' ? '?' : token.raw)
  }
  return rewritten
}

/** `column = any($1)`, or `column in (?, ?)` with as many placeholders as there are keys. */
export function writePredicate(dialect: Dialect, tokens: readonly Token[], predicate: Predicate, keys = 1): string {
  const column = rawOf(tokens.slice(predicate.columnFrom, predicate.columnTo))
  const key = tokens[predicate.key] as Token
  const placeholder = key.type === T.PLACEHOLDER ? key.raw : nextPlaceholder(dialect, tokens)
  if (dialect !== 'postgresql') return `${column} in (${Array.from({ length: keys }, () => placeholder).join(', ')})`
  const cast = rawOf(tokens.slice(predicate.key + 1, predicate.castTo))
  return `${column} = any(${placeholder}${cast === '' ? '' : `${cast}[]`})`
}

/** As written. */
export function rawOf(tokens: readonly Token[]): string {
  return tokens.map((token, index) => (index === 0 ? '' : token.gap) + token.raw).join('')
}

/** A placeholder no other value has: PostgreSQL numbers them. */
export function nextPlaceholder(dialect: Dialect, tokens: readonly Token[]): string {
  if (dialect !== 'postgresql') return '?'
  let largest = 0
  for (const token of tokens) {
    if (token.type === T.PLACEHOLDER && /^\$\d+$/.test(token.text))
      largest = Math.max(largest, Number(token.text.slice(1)))
  }
  return `$${largest + 1}`
}
