import type { Dialect } from '../model/statement.ts'
import { skipCastType } from './cast-type.ts'
import {
  CURSOR,
  findKeyword,
  GROUPING,
  keyword,
  keywordFlags,
  RESERVED,
  RESERVED_ELSEWHERE,
  SPACED,
} from './keywords.ts'
import * as T from './token-type.ts'
import { Tokenizer } from './tokenizer.ts'
import { plainNameBytes } from './word-bytes.ts'

/** A name of a savepoint, portal or prepared statement, which stands where a value would be folded. */
export const NAME_VALUE = 31

const K_NULL = keyword('null')
const K_TRUE = keyword('true')
const K_FALSE = keyword('false')
const K_IS = keyword('is')
const K_NOT = keyword('not')
const K_DEFAULT = keyword('default')
const K_SET = keyword('set')
const K_ON = keyword('on')
const K_IN = keyword('in')
const K_VALUES = keyword('values')
const K_ROW = keyword('row')
const K_ARRAY = keyword('array')
const K_SELECT = keyword('select')
const K_WITH = keyword('with')
const K_TABLE = keyword('table')
const K_INTO = keyword('into')
const K_FROM = keyword('from')
const K_ALL = keyword('all')
const K_UNION = keyword('union')
const K_INTERSECT = keyword('intersect')
const K_EXCEPT = keyword('except')
const K_CURSOR = keyword('cursor')
const K_CREATE = keyword('create')
const K_COPY = keyword('copy')
const K_REFERENCES = keyword('references')
const K_DECLARE = keyword('declare')
const namesCursors: ReadonlySet<number> = new Set(
  ['savepoint', 'release', 'rollback', 'fetch', 'move', 'close', 'deallocate', 'save', 'declare'].map(keyword),
)

// Kinds of open parentheses and brackets.
const TOP = 0
const CALL = 1
const GROUP = 2
const LIST = 3
const ROW = 4
const SUBSCRIPT = 5
const ARRAY = 6

// How far `values (…), (…)` was read.
const NO_ROWS = 0
const AFTER_VALUES = 1
const AFTER_ROW = 2
const AFTER_ROW_COMMA = 3

const QUESTION = 63
/**
 * Longest output of a character: the worst are one-character tokens with a space before them, and a closing quote inside
 * a name that is doubled.
 */
const GROWTH = 4
const KEEP_UP_TO = 1 << 19
const FRAME = 12

/**
 * Reads a statement and writes its shape: the fingerprint, and which values of the text each `?` of it stands for.
 *
 * Everything happens in one pass over the tokens, which appends to a reused array of char codes. What must be folded is
 * folded by looking back at what was written, never by looking ahead: a member of a list is written like anything else,
 * and at its end compared with the member before. Where they are equal, the output is cut back to the end of the earlier
 * one, and the values of the later one are handed to its slots. So `in (1, 2, 3)`, `in (lower('a'), lower('b'))`,
 * `values (1, 'a'), (2, 'b')` and `array[array[1], array[2]]` fold by the same rule, at any depth. Both members lie in
 * the output, so the text compared at one depth is at most half of what encloses it: the work is linear, but for a factor
 * log n in texts made for it.
 *
 * Every value gets a number in text order. `parent` leads from a folded value to the one whose slot it went to;
 * `live` holds the numbers whose `?` is in the output now, and with it the slots in order.
 *
 * Spelling, folding and values share one object although they could be three: every token goes through all of them, and
 * apart, as layers or as parts, they take 3 to 5 percent longer.
 */
export class Shape {
  /** Values read: literals and placeholders, in text order. */
  valueCount = 0
  /** Kind of each value: a token type, or {@link NAME_VALUE}. */
  valueTypes: Uint8Array = new Uint8Array(256)
  valueStarts: Int32Array = new Int32Array(256)
  valueEnds: Int32Array = new Int32Array(256)
  /** Slots, once {@link read} is done. */
  slotCount = 0
  text = ''

  readonly #tokens: Tokenizer = new Tokenizer()
  #dialect: Dialect = 'postgresql'
  #out: Uint8Array = new Uint8Array(8192)
  #bytes: Buffer = Buffer.from(this.#out.buffer)
  #size = 0
  #parents: Int32Array = new Int32Array(256)
  #lists: Uint8Array = new Uint8Array(256)
  #live: Int32Array = new Int32Array(256)
  #liveAt: Int32Array = new Int32Array(256)
  #liveCount = 0

  // The innermost open parenthesis, and, in `stack`, what encloses it.
  #stack: Int32Array = new Int32Array(64 * FRAME)
  #depth = 0
  #kind = TOP
  /** Where its text begins, with the name in front of an array; and what was live there. */
  #openedAt = 0
  #openedLive = 0
  #bodyAt = 0
  #memberAt = 0
  #memberLive = 0
  #previousAt = 0
  #previousEnd = 0
  #previousLive = 0
  #rows = NO_ROWS
  #inList = 0

  #glued = true
  #previousType: T.TokenType = T.END
  #previousKeyword = 0
  #isSetOperation = false
  #wordAt = 0
  #inTarget = false
  #pendingSemicolon = false
  #foldsNames = false
  #isSchemaChange = false

  /** Reads a text; the results stand until the next call. */
  read(text: string, dialect: Dialect): void {
    this.#begin(text, dialect)
    const tokens = this.#tokens
    let more = this.#advance()
    while (more) more = this.#token(tokens)
    this.#finish()
  }

  /** What the text has where a value stands. */
  valueText(value: number): string {
    return this.#tokens.textOf(this.valueStarts[value] as number, this.valueEnds[value] as number)
  }

  /** Slot of a value, by the number of the value. Valid in ascending order of values only, after {@link read}. */
  slotOf(value: number): number {
    return this.#parents[value] as number
  }

  /** True where the slot stands for a list of values. */
  isList(slot: number): boolean {
    return this.#lists[this.#live[slot] as number] === 1
  }

  /** The first value of a slot, or -1 in an empty array. */
  firstValueOf(slot: number): number {
    return this.#live[slot] as number
  }

  /** Where the `?` of a slot stands in {@link text}. */
  positionOf(slot: number): number {
    return this.#liveAt[slot] as number
  }

  #begin(text: string, dialect: Dialect): void {
    const tokens = this.#tokens
    tokens.reset(text, dialect)
    this.#dialect = dialect
    const needed = tokens.length * GROWTH + 64
    if (this.#out.length < needed || (this.#out.length > KEEP_UP_TO && needed < KEEP_UP_TO)) {
      this.#out = new Uint8Array(Math.max(8192, needed))
      this.#bytes = Buffer.from(this.#out.buffer)
    }
    tokens.sink = this.#out
    this.valueCount = 0
    this.#size = 0
    this.#liveCount = 0
    this.#depth = 0
    this.#kind = TOP
    this.#openedAt = this.#openedLive = this.#bodyAt = this.#memberAt = this.#memberLive = 0
    this.#previousAt = this.#previousLive = 0
    this.#previousEnd = -1
    this.#rows = NO_ROWS
    this.#inList = 0
    this.#glued = true
    this.#previousType = T.END
    this.#previousKeyword = 0
    this.#inTarget = this.#pendingSemicolon = this.#foldsNames = this.#isSchemaChange = false
  }

  #finish(): void {
    // A text cut off inside a list has the shape of the whole one.
    if (this.#kind === LIST && this.#size > this.#memberAt) this.#endMember()
    this.slotCount = this.#liveCount
    this.text = this.#bytes.toString('utf8', 0, this.#size)
    // From parents to slots: a parent is always an earlier value, so one pass resolves chains of any length.
    const parents = this.#parents
    let slot = 0
    for (let value = 0; value < this.valueCount; value++) {
      const parent = parents[value] as number
      if (parent !== value) parents[value] = parents[parent] as number
      else if (slot < this.#liveCount && this.#live[slot] === value) parents[value] = slot++
    }
  }

  /** Moves to the next token, whose place is not known yet. */
  #lookAhead(): boolean {
    this.#tokens.sinkAt = this.#size + 8
    return this.#tokens.next()
  }

  /** Moves to the next token; a word is written where it belongs, if nothing comes between. */
  #advance(): boolean {
    this.#tokens.sinkAt = this.#glued ? this.#size : this.#size + 1
    return this.#tokens.next()
  }

  /** Writes the current token and moves to the next; false at the end. */
  #token(tokens: Tokenizer): boolean {
    const type = tokens.type
    if (this.#pendingSemicolon && type !== T.SEMICOLON) this.#writeSemicolon()
    switch (type) {
      case T.WORD:
        this.#word(tokens)
        break
      case T.QUOTED_NAME:
        if (this.#foldsNames) this.#value(tokens.start, tokens.end, NAME_VALUE)
        else this.#quotedName(tokens)
        this.#rows = NO_ROWS
        break
      case T.STRING:
      case T.NUMBER:
      case T.PLACEHOLDER:
        this.#value(tokens.start, tokens.end, type)
        this.#rows = NO_ROWS
        break
      case T.COMMA:
        this.#comma()
        break
      case T.DOT:
        this.#out[this.#size++] = 46
        this.#glued = true
        this.#setPrevious(T.DOT)
        break
      case T.OPEN:
        this.#open()
        break
      case T.CLOSE:
        this.#close()
        break
      case T.BRACKET_OPEN:
        this.#openBracket()
        break
      case T.BRACKET_CLOSE:
        this.#closeBracket()
        break
      case T.OPERATOR:
        return this.#operator(tokens)
      case T.CAST:
        return this.#cast(tokens)
      case T.SEMICOLON:
        this.#pendingSemicolon = this.#size > 0
        return this.#lookAhead()
      default:
        this.#copy(tokens.start, tokens.end)
        this.#setPrevious(type)
        this.#rows = NO_ROWS
    }
    return this.#advance()
  }

  #setPrevious(type: T.TokenType): void {
    this.#previousType = type
    this.#previousKeyword = 0
  }

  #writeSemicolon(): void {
    const out = this.#out
    out[this.#size++] = 59
    out[this.#size++] = 32
    this.#glued = true
    this.#pendingSemicolon = this.#foldsNames = this.#inTarget = this.#isSchemaChange = false
    this.#rows = NO_ROWS
    this.#setPrevious(T.SEMICOLON)
  }

  /** Writes a token as it is. */
  #copy(start: number, end: number): void {
    const out = this.#out
    const codes = this.#tokens.codes
    let size = this.#size
    if (!this.#glued) out[size++] = 32
    for (let at = start; at < end; at++) out[size++] = codes[at] as number
    this.#size = size
    this.#glued = false
  }

  /** Writes a word, which mostly stands in its place already. */
  #writeWord(tokens: Tokenizer): void {
    const out = this.#out
    const size = this.#size
    const at = this.#glued ? size : size + 1
    const length = tokens.end - tokens.start
    if (tokens.sinkAt !== at) out.copyWithin(at, tokens.sinkAt, tokens.sinkAt + length)
    if (!this.#glued) out[size] = 32
    this.#wordAt = at
    this.#size = at + length
    this.#glued = false
  }

  #word(tokens: Tokenizer): void {
    const id = tokens.keyword
    if (id === 0) {
      if (this.#foldsNames && this.#previousType !== T.DOT) {
        this.#value(tokens.start, tokens.end, NAME_VALUE)
        return
      }
      this.#rows = NO_ROWS
    } else if (this.#keyword(id, tokens)) {
      return
    }
    this.#writeWord(tokens)
    this.#setPrevious(T.WORD)
    this.#previousKeyword = id
  }

  /** What a keyword changes; true where it was written as a value. */
  #keyword(id: number, tokens: Tokenizer): boolean {
    if (id === K_ALL) {
      const previous = this.#previousKeyword
      this.#isSetOperation = previous === K_UNION || previous === K_INTERSECT || previous === K_EXCEPT
    }
    if (id === K_VALUES) {
      this.#rows = AFTER_VALUES
      this.#previousEnd = -1
    } else if (id !== K_ROW) this.#rows = NO_ROWS
    if (id === K_NULL || id === K_TRUE || id === K_FALSE) {
      if (!this.#isConstantValue(tokens)) return false
      this.#value(tokens.start, tokens.end, T.WORD)
      return true
    }
    const flags = keywordFlags[id] as number
    if (this.#foldsNames && (flags & CURSOR) === 0 && id !== K_IN) {
      this.#value(tokens.start, tokens.end, NAME_VALUE)
      return true
    }
    if (this.#previousType === T.END || this.#previousType === T.SEMICOLON) {
      this.#foldsNames = namesCursors.has(id) && (id !== K_DECLARE || this.#dialect === 'postgresql')
      this.#isSchemaChange = id === K_CREATE
    }
    if (id === K_SELECT || id === K_WITH || id === K_VALUES || id === K_TABLE) this.#beginQuery()
    if (id === K_CURSOR) this.#foldsNames = false
    if (id === K_INTO || id === K_TABLE || id === K_COPY || id === K_REFERENCES) this.#inTarget = true
    else if (id === K_ON && this.#isSchemaChange) this.#inTarget = true
    else if (id === K_FROM || id === K_SELECT || id === K_VALUES || id === K_SET) this.#inTarget = false
    return false
  }

  /** NULL, TRUE and FALSE are values where an operand stands, but not in `is null`, `not null`, `default null`, `on true`. */
  #isConstantValue(tokens: Tokenizer): boolean {
    if (!tokens.valueExpected || this.#foldsNames) return false
    const previous = this.#previousKeyword
    return !(
      previous === K_IS ||
      previous === K_NOT ||
      previous === K_DEFAULT ||
      previous === K_SET ||
      previous === K_ON
    )
  }

  /** A parenthesis that holds a query is no list. */
  #beginQuery(): void {
    if (this.#size !== this.#bodyAt) return
    if (this.#kind === LIST || this.#kind === GROUP) this.#kind = CALL
    this.#inList = 0
  }

  #quotedName(tokens: Tokenizer): void {
    const codes = tokens.codes
    const isPrefixed = codes[tokens.start] === 117 || codes[tokens.start] === 85
    const start = tokens.start + (isPrefixed ? 3 : 1)
    const opener = codes[start - 1] as number
    const closer = opener === 91 ? 93 : opener
    const end = codes[tokens.end - 1] === closer && tokens.end > start ? tokens.end - 1 : tokens.end
    if (isPrefixed || !this.#copyPlainName(start, end)) this.#copyQuoted(start, end, closer, isPrefixed)
    this.#setPrevious(T.QUOTED_NAME)
  }

  #copyQuoted(start: number, end: number, from: number, isPrefixed: boolean): void {
    const out = this.#out
    const codes = this.#tokens.codes
    const isBacktick = this.#dialect === 'mysql'
    const isBracket = this.#dialect === 'mssql'
    const closer = isBacktick ? 96 : isBracket ? 93 : 34
    if (!this.#glued) out[this.#size++] = 32
    if (isPrefixed) {
      out[this.#size++] = 117
      out[this.#size++] = 38
    }
    out[this.#size++] = isBracket ? 91 : closer
    for (let at = start; at < end; at++) {
      const code = codes[at] as number
      if (code === from && codes[at + 1] === from && at + 1 < end) at++
      if (code === closer) out[this.#size++] = closer
      out[this.#size++] = code
    }
    out[this.#size++] = closer
    this.#glued = false
  }

  /** Writes a name that means the same without quotes, in lower case; false where it does not. */
  #copyPlainName(start: number, end: number): boolean {
    const codes = this.#tokens.codes
    const out = this.#out
    const plain = plainNameBytes[this.#dialect]
    const wordAt = this.#glued ? this.#size : this.#size + 1
    let to = wordAt
    for (let at = start; at < end; at++) {
      const lower = plain[codes[at] as number] as number
      if (lower === 0) return false
      out[to++] = lower
    }
    const first = out[wordAt] as number
    if (start >= end || (first >= 48 && first <= 57)) return false
    const flags = keywordFlags[findKeyword(out, wordAt, to)] as number
    if ((flags & (this.#dialect === 'postgresql' ? RESERVED : RESERVED | RESERVED_ELSEWHERE)) !== 0) return false
    if (!this.#glued) out[this.#size] = 32
    this.#wordAt = wordAt
    this.#size = to
    this.#glued = false
    return true
  }

  #value(start: number, end: number, type: number): void {
    const value = this.#newValue(start, end, type)
    const out = this.#out
    if (!this.#glued) out[this.#size++] = 32
    this.#pushLive(value)
    out[this.#size++] = QUESTION
    this.#glued = false
    this.#setPrevious(T.PLACEHOLDER)
  }

  #newValue(start: number, end: number, type: number): number {
    const value = this.valueCount++
    if (value >= this.valueTypes.length) this.#growValues()
    this.valueTypes[value] = type
    this.valueStarts[value] = start
    this.valueEnds[value] = end
    this.#parents[value] = value
    this.#lists[value] = this.#inList
    return value
  }

  #growValues(): void {
    const size = this.valueTypes.length * 2
    const types = new Uint8Array(size)
    types.set(this.valueTypes)
    this.valueTypes = types
    const lists = new Uint8Array(size)
    lists.set(this.#lists)
    this.#lists = lists
    this.valueStarts = grown(this.valueStarts, size)
    this.valueEnds = grown(this.valueEnds, size)
    this.#parents = grown(this.#parents, size)
    this.#live = grown(this.#live, size)
    this.#liveAt = grown(this.#liveAt, size)
  }

  #pushLive(value: number): void {
    this.#live[this.#liveCount] = value
    this.#liveAt[this.#liveCount++] = this.#size
  }

  #comma(): void {
    if (this.#kind === LIST || this.#kind === ARRAY) this.#endMember()
    const out = this.#out
    out[this.#size++] = 44
    out[this.#size++] = 32
    this.#glued = true
    this.#memberAt = this.#size
    this.#memberLive = this.#liveCount
    this.#rows = this.#rows === AFTER_ROW ? AFTER_ROW_COMMA : NO_ROWS
    this.#setPrevious(T.COMMA)
  }

  #endMember(): void {
    this.#foldOrKeep(this.#memberAt, this.#memberLive)
  }

  /** Cuts the member that ends here away if it equals the one before, else remembers it as the one before. */
  #foldOrKeep(at: number, live: number): void {
    const out = this.#out
    const length = this.#size - at
    let same = this.#previousEnd - this.#previousAt === length
    for (let index = 0; same && index < length; index++) same = out[this.#previousAt + index] === out[at + index]
    if (!same) {
      this.#previousAt = at
      this.#previousEnd = this.#size
      this.#previousLive = live
      return
    }
    for (let index = live; index < this.#liveCount; index++) {
      const kept = this.#live[this.#previousLive + index - live] as number
      this.#parents[this.#live[index] as number] = kept
      this.#lists[kept] = 1
    }
    this.#liveCount = live
    this.#size = this.#previousEnd
  }

  #open(): void {
    const rows = this.#rows
    const isRow = rows === AFTER_VALUES || rows === AFTER_ROW_COMMA
    let kind = CALL
    let isSpaced = !this.#glued
    if (isRow) {
      kind = ROW
      isSpaced &&= this.#previousKeyword === K_VALUES
    } else if (this.#previousType === T.WORD) {
      const id = this.#previousKeyword
      const flags = keywordFlags[id] as number
      if (id === K_IN) kind = LIST
      else if ((flags & GROUPING) !== 0) kind = GROUP
      isSpaced = (flags & SPACED) !== 0 || this.#inTarget || (id === K_ALL && this.#isSetOperation)
    } else if (this.#previousType === T.QUOTED_NAME) {
      isSpaced = this.#inTarget
    } else if (this.#previousType === T.OPERATOR || this.#previousType === T.OPEN || this.#previousType === T.COMMA) {
      kind = GROUP
    }
    if (isSpaced && this.#size > 0) this.#out[this.#size++] = 32
    this.#inTarget = false
    this.#push(kind, this.#size)
    this.#out[this.#size++] = 40
    this.#enter(kind)
    this.#setPrevious(T.OPEN)
  }

  /** Saves what encloses, and begins a parenthesis or bracket whose text starts at `at`. */
  #push(kind: number, at: number): void {
    let base = this.#depth * FRAME
    if (base + FRAME > this.#stack.length) this.#stack = grown(this.#stack, this.#stack.length * 2)
    const stack = this.#stack
    stack[base++] = this.#kind
    stack[base++] = this.#openedAt
    stack[base++] = this.#openedLive
    stack[base++] = this.#bodyAt
    stack[base++] = this.#memberAt
    stack[base++] = this.#memberLive
    stack[base++] = this.#previousAt
    stack[base++] = this.#previousEnd
    stack[base++] = this.#previousLive
    stack[base++] = this.#rows
    stack[base] = this.#inList
    this.#depth++
    this.#kind = kind
    this.#openedAt = at
    this.#openedLive = this.#liveCount
  }

  #enter(kind: number): void {
    this.#bodyAt = this.#memberAt = this.#size
    this.#memberLive = this.#liveCount
    this.#previousEnd = -1
    this.#previousAt = 0
    this.#previousLive = 0
    this.#rows = NO_ROWS
    if (kind === LIST) this.#inList = 1
    this.#glued = true
  }

  #pop(): void {
    this.#depth--
    let base = this.#depth * FRAME
    const stack = this.#stack
    this.#kind = stack[base++] as number
    this.#openedAt = stack[base++] as number
    this.#openedLive = stack[base++] as number
    this.#bodyAt = stack[base++] as number
    this.#memberAt = stack[base++] as number
    this.#memberLive = stack[base++] as number
    this.#previousAt = stack[base++] as number
    this.#previousEnd = stack[base++] as number
    this.#previousLive = stack[base++] as number
    this.#rows = stack[base++] as number
    this.#inList = stack[base] as number
  }

  #close(): void {
    const out = this.#out
    const kind = this.#kind
    if (this.#depth === 0 || kind === SUBSCRIPT || kind === ARRAY) {
      out[this.#size++] = 41
      this.#glued = false
      this.#setPrevious(T.CLOSE)
      return
    }
    if (kind === LIST) this.#endMember()
    const openedAt = this.#openedAt
    const openedLive = this.#openedLive
    const isOneValue = this.#holdsOneValue()
    this.#pop()
    this.#glued = false
    if (kind === GROUP && isOneValue) {
      this.#size = openedAt
      this.#liveAt[openedLive] = openedAt
      out[this.#size++] = QUESTION
      this.#rows = NO_ROWS
      this.#setPrevious(T.PLACEHOLDER)
      return
    }
    out[this.#size++] = 41
    if (kind === ROW) {
      this.#foldOrKeep(openedAt, openedLive)
      this.#rows = AFTER_ROW
    } else {
      this.#rows = NO_ROWS
    }
    this.#setPrevious(T.CLOSE)
  }

  #holdsOneValue(): boolean {
    return this.#size === this.#bodyAt + 1 && this.#liveCount === this.#openedLive + 1
  }

  #openBracket(): void {
    const isArray = this.#previousKeyword === K_ARRAY || (this.#kind === ARRAY && this.#previousType !== T.WORD)
    const at = this.#previousKeyword === K_ARRAY ? this.#wordAt : this.#size
    this.#push(isArray ? ARRAY : SUBSCRIPT, at)
    this.#out[this.#size++] = 91
    this.#enter(this.#kind)
    this.#setPrevious(T.BRACKET_OPEN)
  }

  #closeBracket(): void {
    const kind = this.#kind
    if (kind === ARRAY) this.#endMember()
    if (kind !== ARRAY && kind !== SUBSCRIPT) {
      this.#out[this.#size++] = 93
      this.#glued = false
      this.#setPrevious(T.BRACKET_CLOSE)
      return
    }
    const openedAt = this.#openedAt
    const openedLive = this.#openedLive
    const isEmpty = this.#size === this.#bodyAt
    const isValue = kind === ARRAY && (isEmpty || this.#holdsOneValue())
    this.#pop()
    this.#glued = false
    this.#rows = NO_ROWS
    if (!isValue) {
      this.#out[this.#size++] = 93
      this.#setPrevious(T.BRACKET_CLOSE)
      return
    }
    this.#size = openedAt
    if (isEmpty) this.#pushLive(this.#newValue(0, 0, T.END))
    this.#liveAt[openedLive] = openedAt
    this.#lists[this.#live[openedLive] as number] = 1
    this.#out[this.#size++] = QUESTION
    this.#setPrevious(T.PLACEHOLDER)
  }

  #operator(tokens: Tokenizer): boolean {
    this.#rows = NO_ROWS
    const codes = tokens.codes
    const { start, end } = tokens
    const first = codes[start] as number
    if (tokens.valueExpected && end === start + 1 && (first === 45 || first === 43)) {
      const more = this.#lookAhead()
      if (more && tokens.type === T.NUMBER) {
        this.#value(start, tokens.end, T.NUMBER)
        return this.#advance()
      }
      this.#copy(start, end)
      this.#glued = true
      this.#setPrevious(T.OPERATOR)
      return more
    }
    const isDoubled = first === 37 && end === start + 2 && codes[start + 1] === 37
    const isTight = first === 58 && end === start + 1
    if (isTight) this.#glued = true
    this.#copy(start, isDoubled ? end - 1 : end)
    this.#glued = isTight
    this.#setPrevious(T.OPERATOR)
    return this.#advance()
  }

  /** `column::type` is kept, `value::type` is the value. */
  #cast(tokens: Tokenizer): boolean {
    this.#rows = NO_ROWS
    if (this.#previousType === T.PLACEHOLDER) {
      tokens.sinkAt = this.#size + 8
      return skipCastType(tokens)
    }
    this.#out[this.#size++] = 58
    this.#out[this.#size++] = 58
    this.#glued = true
    this.#setPrevious(T.CAST)
    return this.#advance()
  }
}

function grown(array: Int32Array<ArrayBufferLike>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size)
  larger.set(array)
  return larger
}

/** The one reader of this process: everything here is synchronous, so it is never in use twice. */
export const shape: Shape = new Shape()
