import type { Dialect } from '../model/statement.ts'
import { BEFORE_VALUE, findKeyword, keyword, keywordFlags } from './keywords.ts'

/** Kind of a token. */
export type TokenType = number

export const END: TokenType = 0
/** Keyword or unquoted name. */
export const WORD: TokenType = 1
export const QUOTED_NAME: TokenType = 2
export const STRING: TokenType = 3
export const NUMBER: TokenType = 4
export const PLACEHOLDER: TokenType = 5
export const OPERATOR: TokenType = 6
export const OPEN: TokenType = 7
export const CLOSE: TokenType = 8
export const COMMA: TokenType = 9
export const DOT: TokenType = 10
export const SEMICOLON: TokenType = 11
export const BRACKET_OPEN: TokenType = 12
export const BRACKET_CLOSE: TokenType = 13
/** `::` */
export const CAST: TokenType = 14
/** `*` that stands for all columns. */
export const STAR: TokenType = 15
/** Anything that no dialect uses outside quotes. */
export const OTHER: TokenType = 16

// Classes of bytes; 0 is what no dialect uses.
const C_SPACE = 1
const C_WORD = 2
const C_DIGIT = 3
const C_STRING = 4
const C_DOUBLE_QUOTE = 5
const C_BACKTICK = 6
const C_SINGLE = 7
const C_OPERATOR = 8
const C_DOT = 9
const C_COLON = 10
const C_DOLLAR = 11
const C_AT = 12
const C_HASH = 13
const C_BRACKET = 14
const C_MINUS = 15
const C_SLASH = 16
const C_QUESTION = 17
const C_PERCENT = 18
const C_STAR = 19

const classOf: Uint8Array = new Uint8Array(256).fill(C_WORD, 128)
const singleType: Uint8Array = new Uint8Array(128)
/** Lower-case of a byte that may continue a word, 0 for the others. By dialect, as `$`, `#`, `@` differ. */
const wordTables: Record<Dialect, Uint8Array> = {
  postgresql: wordTable('$'),
  mysql: wordTable('$'),
  sqlite: wordTable('$'),
  mssql: wordTable('$#@'),
  oracle: wordTable('$#'),
}

function wordTable(extra: string): Uint8Array {
  const table = new Uint8Array(256)
  for (let byte = 128; byte < 256; byte++) table[byte] = byte
  for (const char of `abcdefghijklmnopqrstuvwxyz0123456789_${extra}`) {
    table[char.charCodeAt(0)] = char.charCodeAt(0)
    table[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0)
  }
  return table
}

function setClass(chars: string, value: number): void {
  for (const char of chars) classOf[char.charCodeAt(0)] = value
}
for (let code = 1; code <= 32; code++) classOf[code] = C_SPACE
setClass('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_', C_WORD)
setClass('0123456789', C_DIGIT)
setClass("'", C_STRING)
setClass('"', C_DOUBLE_QUOTE)
setClass('`', C_BACKTICK)
setClass('(),;]', C_SINGLE)
setClass('+<>=~!^&|', C_OPERATOR)
setClass('.', C_DOT)
setClass(':', C_COLON)
setClass('$', C_DOLLAR)
setClass('@', C_AT)
setClass('#', C_HASH)
setClass('[', C_BRACKET)
setClass('-', C_MINUS)
setClass('/', C_SLASH)
setClass('?', C_QUESTION)
setClass('%', C_PERCENT)
setClass('*', C_STAR)
singleType[40] = OPEN
singleType[41] = CLOSE
singleType[44] = COMMA
singleType[59] = SEMICOLON
singleType[93] = BRACKET_CLOSE

/** What PostgreSQL lets a user build operators from; only the ASCII ones that it knows. */
const postgresOperator: Uint8Array = new Uint8Array(256)
for (const char of '+-*/<>=~!@#%^&|`?') postgresOperator[char.charCodeAt(0)] = 1
/** An operator of several characters may end in + or - only if it has one of these. */
const postgresUnusual: Uint8Array = new Uint8Array(256)
for (const char of '~!@#%^&|`?') postgresUnusual[char.charCodeAt(0)] = 1

/** Two-character operators of the other dialects, as `first << 8 | second`. */
const pairs: Set<number> = new Set(
  '<= <> << >= >> != !< !> == => || && -> := ^= ~= += -= *= /= %= %% |= &= **'
    .split(' ')
    .map((pair) => (pair.charCodeAt(0) << 8) | pair.charCodeAt(1)),
)

const K_SET = keyword('set')
const K_INTO = keyword('into')
const K_SELECT = keyword('select')
const KEEP_UP_TO = 1 << 16

/**
 * Reads SQL token by token, in one pass, without an object per token.
 *
 * The text is copied into one reused buffer, as UTF-8 in one native call, because reading bytes of an array is several
 * times cheaper than `charCodeAt`; beyond ASCII every byte is part of a word, so UTF-8 needs no decoding. A 0 behind the
 * last byte ends every inner loop, so that none of them checks the length. Most of what is left is the processor
 * guessing wrong where a word ends; so a word is lower-cased and written to {@link sink} in the loop that finds its end,
 * and is not read a second time by the one who wants it copied.
 *
 * SQL cannot be split into tokens without knowing whether an operand or an operator comes next: `- 5` is a value after
 * `=` and a subtraction after a column, `?` in PostgreSQL is a placeholder where a value is expected and an operator
 * after an operand, `%s` is a placeholder there and a modulo here. So the tokenizer carries one bit,
 * {@link valueExpected}, set from the previous token.
 *
 * Never throws: what is unterminated ends with the text. Linear: no byte is read more than a fixed number of times.
 */
export class Tokenizer {
  /** Kind of the current token. */
  type: TokenType = END
  /** Where the current token begins: a position in {@link codes}, not in the text. */
  start = 0
  /** Where it ends, exclusive. */
  end = 0
  /** Number of the keyword, or 0: a word that follows or precedes a dot is a name. */
  keyword = 0
  /** True where an operand, not an operator, could stand in place of the current token. */
  valueExpected = true
  /** The text in UTF-8, and a 0. */
  codes: Uint8Array = new Uint8Array(4096)
  /** Where words go in lower case, at {@link sinkAt}; where no one sets another, to an array of our own. */
  sink: Uint8Array = new Uint8Array(0)
  sinkAt = 0

  #scratch: Uint8Array = this.sink
  #bytes: Buffer = Buffer.from(this.codes.buffer)
  #text = ''
  #length = 0
  #dialect: Dialect = 'postgresql'
  #words: Uint8Array = wordTables.postgresql
  #expectsNext = true
  #executable = false
  /** Where `?` is a placeholder, ascending; for texts of our own, where that is known. */
  #placeholders: readonly number[] | undefined
  #placeholder = 0

  constructor(text = '', dialect: Dialect = 'postgresql', placeholders?: readonly number[]) {
    this.reset(text, dialect, placeholders)
  }

  /** Begins another text. */
  reset(text: string, dialect: Dialect, placeholders?: readonly number[]): void {
    const needed = text.length * 3 + 1
    if (this.codes.length < needed || (this.codes.length > KEEP_UP_TO && needed < KEEP_UP_TO)) {
      this.codes = new Uint8Array(Math.max(4096, needed))
      this.#bytes = Buffer.from(this.codes.buffer)
    }
    if (this.sink === this.#scratch && this.sink.length < this.codes.length) {
      this.sink = this.#scratch = new Uint8Array(this.codes.length)
    }
    this.#text = text
    this.#length = this.#bytes.write(text, 0)
    this.codes[this.#length] = 0
    this.#dialect = dialect
    this.#words = wordTables[dialect]
    this.type = END
    this.start = 0
    this.end = 0
    this.keyword = 0
    this.valueExpected = true
    this.#placeholders = placeholders
    this.#placeholder = 0
    this.#expectsNext = true
    this.#executable = false
  }

  /** Length of the text in {@link codes}. */
  get length(): number {
    return this.#length
  }

  /** What the text has from one position to another. */
  textOf(start: number, end: number): string {
    const isAscii = this.#length === this.#text.length
    return isAscii ? this.#text.slice(start, end) : this.#bytes.toString('utf8', start, end)
  }

  /** Moves to the next token; false at the end. */
  next(): boolean {
    const codes = this.codes
    let at = this.end
    // One space between two words is the common case.
    if (codes[at] === 32) at++
    for (;;) {
      const code = codes[at] as number
      switch (classOf[code]) {
        case C_SPACE:
          at++
          continue
        case C_WORD:
          return this.#word(at)
        case C_SINGLE:
          return this.#emit(singleType[code] as number, at, at + 1, code !== 41 && code !== 93)
        case C_DIGIT:
          return this.#number(at)
        case C_DOT:
          if (this.#expectsNext && classOf[codes[at + 1] as number] === C_DIGIT && this.type !== DOT)
            return this.#number(at)
          return this.#emit(DOT, at, at + 1, false)
        case C_STRING:
          return this.#emit(STRING, at, this.#endOfString(at, 39, this.#dialect === 'mysql'), false)
        case C_DOUBLE_QUOTE:
          if (this.#dialect === 'mysql') return this.#emit(STRING, at, this.#endOfString(at, 34, true), false)
          return this.#emit(QUOTED_NAME, at, this.#endOfString(at, 34, false), false)
        case C_BACKTICK:
          if (this.#dialect === 'mysql' || this.#dialect === 'sqlite') {
            return this.#emit(QUOTED_NAME, at, this.#endOfString(at, 96, false), false)
          }
          return this.#operator(at)
        case C_BRACKET:
          if (this.#dialect === 'mssql' || this.#dialect === 'sqlite') {
            return this.#emit(QUOTED_NAME, at, this.#endOfString(at, 93, false), false)
          }
          return this.#emit(BRACKET_OPEN, at, at + 1, true)
        case C_MINUS:
          if (codes[at + 1] === 45 && (this.#dialect !== 'mysql' || (codes[at + 2] as number) <= 32)) {
            at = this.#endOfLine(at + 2)
            continue
          }
          return this.#operator(at)
        case C_SLASH:
          if (codes[at + 1] === 42) {
            at = this.#endOfComment(at)
            continue
          }
          return this.#operator(at)
        case C_HASH:
          if (this.#dialect === 'mysql') {
            at = this.#endOfLine(at + 1)
            continue
          }
          return this.#dialect === 'mssql' ? this.#word(at) : this.#operator(at)
        case C_STAR:
          if (this.#executable && codes[at + 1] === 47) {
            this.#executable = false
            at += 2
            continue
          }
          if (this.#expectsNext || this.type === DOT) return this.#emit(STAR, at, at + 1, false)
          return this.#operator(at)
        case C_OPERATOR:
          return this.#operator(at)
        case C_COLON:
          return this.#colon(at)
        case C_DOLLAR:
          return this.#dollar(at)
        case C_AT:
          return this.#at(at)
        case C_QUESTION:
          return this.#question(at)
        case C_PERCENT:
          return this.#percent(at)
        default:
          if (at >= this.#length) return this.#finish()
          if (code === 0) {
            at++
            continue
          }
          return this.#emit(OTHER, at, at + 1, true)
      }
    }
  }

  #finish(): boolean {
    this.type = END
    this.start = this.end = this.#length
    this.keyword = 0
    return false
  }

  #emit(type: TokenType, start: number, end: number, expectsNext: boolean): boolean {
    this.keyword = 0
    this.type = type
    this.start = start
    this.end = end
    this.valueExpected = this.#expectsNext
    this.#expectsNext = expectsNext
    return true
  }

  #word(start: number): boolean {
    const codes = this.codes
    const words = this.#words
    const sink = this.sink
    const sinkAt = sink === this.#scratch ? start : this.sinkAt
    let at = start
    let to = sinkAt
    for (;;) {
      const lower = words[codes[at] as number] as number
      if (lower === 0) break
      sink[to++] = lower
      at++
    }
    const next = codes[at] as number
    if ((next === 39 || next === 38) && this.#prefixed(start, at)) return true
    const id = this.type === DOT || next === 46 ? 0 : findKeyword(sink, sinkAt, to)
    this.type = WORD
    this.start = start
    this.end = at
    this.keyword = id
    this.valueExpected = this.#expectsNext
    this.#expectsNext = ((keywordFlags[id] as number) & BEFORE_VALUE) !== 0
    return true
  }

  /** Reads a string or name whose prefix stands from `start` to `quote`; false where that is no prefix. */
  #prefixed(start: number, quote: number): boolean {
    const codes = this.codes
    const end = this.#endOfPrefixed(start, quote)
    if (end !== 0) return this.#emit(STRING, start, end, false)
    const isUnicodeName =
      quote - start === 1 && ((codes[start] as number) | 32) === 117 && codes[quote] === 38 && codes[quote + 1] === 34
    if (!isUnicodeName || this.#dialect === 'mysql') return false
    return this.#emit(QUOTED_NAME, start, this.#endOfString(quote + 1, 34, false), false)
  }

  /** End of a string whose prefix stands from `start` to `quote`, or 0 where that is no prefix. */
  #endOfPrefixed(start: number, quote: number): number {
    const codes = this.codes
    const first = (codes[start] as number) | 32
    const dialect = this.#dialect
    const length = quote - start
    if (codes[quote] === 38) {
      const isUnicode = first === 117 && length === 1 && codes[quote + 1] === 39 && dialect === 'postgresql'
      return isUnicode ? this.#endOfString(quote + 1, 39, false) : 0
    }
    if (
      dialect === 'oracle' &&
      ((codes[quote - 1] as number) | 32) === 113 &&
      (length === 1 || (length === 2 && first === 110))
    ) {
      return this.#endOfOracleQuote(quote)
    }
    if (dialect === 'mysql' && codes[start] === 95) return this.#endOfString(quote, 39, true)
    if (length !== 1) return 0
    // e'' n'' b'' x''
    if (first === 101 && dialect === 'postgresql') return this.#endOfString(quote, 39, true)
    if (first === 110 || first === 98 || first === 120) return this.#endOfString(quote, 39, dialect === 'mysql')
    return 0
  }

  #endOfString(quoteAt: number, quote: number, backslash: boolean): number {
    const codes = this.codes
    let at = quoteAt + 1
    for (;;) {
      const code = codes[at] as number
      if (code === quote) {
        if (codes[at + 1] !== quote) return at + 1
        at += 2
      } else if (code === 92 && backslash) {
        at += 2
        // A backslash at the very end reaches beyond the 0 that ends the text.
        if (at > this.#length) return this.#length
      } else if (code === 0 && at >= this.#length) {
        return this.#length
      } else {
        at++
      }
    }
  }

  /** `q'[ … ]'`: ends with the closing partner of the first character and a quote. */
  #endOfOracleQuote(quote: number): number {
    const codes = this.codes
    const opener = codes[quote + 1] as number
    const position = [91, 40, 123, 60].indexOf(opener)
    const closer = position < 0 ? opener : ([93, 41, 125, 62][position] as number)
    for (let at = quote + 2; at < this.#length; at++) if (codes[at] === closer && codes[at + 1] === 39) return at + 2
    return this.#length
  }

  #endOfLine(from: number): number {
    const codes = this.codes
    let at = from
    while (at < this.#length && codes[at] !== 10 && codes[at] !== 13) at++
    return at
  }

  #endOfComment(start: number): number {
    const codes = this.codes
    let at = start + 2
    if (this.#dialect === 'mysql') {
      // What stands in /*! … */ (MariaDB also /*M! … */) is executed: it belongs to the statement.
      const mark = codes[at] === 77 ? at + 1 : at
      if (codes[mark] === 33) {
        this.#executable = true
        at = mark + 1
        while (classOf[codes[at] as number] === C_DIGIT) at++
        return at
      }
    }
    const nests = this.#dialect === 'postgresql' || this.#dialect === 'mssql'
    let depth = 1
    while (at < this.#length) {
      if (codes[at] === 42 && codes[at + 1] === 47) {
        at += 2
        depth--
        if (depth === 0) return at
      } else if (nests && codes[at] === 47 && codes[at + 1] === 42) {
        at += 2
        depth++
      } else {
        at++
      }
    }
    return this.#length
  }

  #number(start: number): boolean {
    const codes = this.codes
    let at = start
    while (classOf[codes[at] as number] === C_DIGIT) at++
    const next = codes[at] as number
    if (next <= 44 || next === 59) return this.#emit(NUMBER, start, at, false)
    at = start
    const marker = (codes[at + 1] as number) | 32
    if (codes[at] === 48 && (marker === 120 || marker === 98 || marker === 111)) {
      const end = this.#endOfWord(at + 2)
      if (end > at + 2) return this.#emit(NUMBER, start, end, false)
    }
    at = this.#endOfDigits(at)
    const isWhole = codes[at] !== 46
    if (!isWhole && codes[at + 1] !== 46) at = this.#endOfDigits(at + 1)
    if (((codes[at] as number) | 32) === 101) {
      const sign = codes[at + 1] === 43 || codes[at + 1] === 45 ? 1 : 0
      if (classOf[codes[at + 1 + sign] as number] === C_DIGIT) at = this.#endOfDigits(at + 2 + sign)
    }
    // MySQL lets a name begin with digits.
    if (this.#dialect === 'mysql' && isWhole && this.#endOfWord(at) > at) return this.#word(start)
    return this.#emit(NUMBER, start, at, false)
  }

  #endOfDigits(from: number): number {
    const codes = this.codes
    let at = from
    while (classOf[codes[at] as number] === C_DIGIT || (codes[at] === 95 && at > from)) at++
    return at
  }

  #endOfWord(from: number): number {
    const codes = this.codes
    let at = from
    while ((this.#words[codes[at] as number] as number) !== 0) at++
    return at
  }

  #colon(at: number): boolean {
    const codes = this.codes
    const next = codes[at + 1] as number
    if (next === 58 && this.#dialect !== 'oracle') return this.#emit(CAST, at, at + 2, false)
    if (next === 61) return this.#emit(OPERATOR, at, at + 2, true)
    if (!this.#expectsNext) return this.#emit(OPERATOR, at, at + 1, true)
    if (next === 34 && this.#dialect === 'oracle')
      return this.#emit(PLACEHOLDER, at, this.#endOfString(at + 1, 34, false), false)
    const end = this.#endOfWord(at + 1)
    return end > at + 1 ? this.#emit(PLACEHOLDER, at, end, false) : this.#emit(OPERATOR, at, at + 1, true)
  }

  #dollar(at: number): boolean {
    const codes = this.codes
    const next = codes[at + 1] as number
    const isDigit = classOf[next] === C_DIGIT
    if (this.#dialect === 'mssql' && isDigit) {
      const end = this.#endOfDigits(at + 1)
      return this.#emit(NUMBER, at, codes[end] === 46 ? this.#endOfDigits(end + 1) : end, false)
    }
    if (isDigit) return this.#emit(PLACEHOLDER, at, this.#endOfDigits(at + 1), false)
    if (this.#dialect === 'postgresql') {
      let close = at + 1
      while ((this.#words[codes[close] as number] as number) !== 0 && codes[close] !== 36) close++
      if (codes[close] === 36) return this.#emit(STRING, at, this.#endOfDollarQuote(at, close + 1), false)
    }
    const end = this.#endOfWord(at + 1)
    if (end === at + 1) return this.#emit(OTHER, at, at + 1, true)
    if (this.#dialect === 'mssql' || this.#dialect === 'mysql') return this.#word(at)
    return this.#emit(PLACEHOLDER, at, end, false)
  }

  #endOfDollarQuote(start: number, bodyAt: number): number {
    const codes = this.codes
    const length = bodyAt - start
    let at = bodyAt
    while (at < this.#length) {
      if (codes[at] !== 36) {
        at++
        continue
      }
      let matched = 1
      while (matched < length && codes[at + matched] === codes[start + matched]) matched++
      if (matched === length) return at + length
      // The characters that matched hold no dollar sign, so the next one is not before them.
      at += matched
    }
    return this.#length
  }

  #at(at: number): boolean {
    const codes = this.codes
    if (codes[at + 1] === 64 && this.#dialect !== 'postgresql') {
      const end = this.#endOfWord(at + 2)
      if (this.#dialect === 'mssql') return this.#word(at)
      this.#lowerTo(at, end)
      return this.#emit(WORD, at, end, false)
    }
    const end = this.#endOfWord(at + 1)
    if (end === at + 1) return this.#operator(at)
    if (this.#expectsNext && !this.#isVariableTarget(end)) return this.#emit(PLACEHOLDER, at, end, false)
    if (this.#dialect === 'postgresql' || this.#dialect === 'oracle') return this.#operator(at)
    if (this.#dialect === 'mssql') return this.#word(at)
    this.#lowerTo(at, end)
    return this.#emit(WORD, at, end, false)
  }

  /**
   * The name of a variable or argument, not a value: `set @x = 1`, `select 1 into @x`, `@x := 1` in MySQL, and in T-SQL
   * `select @x = 1, @y = 2` and `exec f @x = 1, @y = 2`.
   */
  #isVariableTarget(end: number): boolean {
    if (this.#dialect !== 'mysql' && this.#dialect !== 'mssql') return false
    if (this.type === WORD && (this.keyword === K_SET || this.keyword === K_INTO)) return true
    let at = end
    while (this.codes[at] === 32) at++
    if (this.codes[at] === 58 && this.codes[at + 1] === 61) return true
    const isAssigned = this.type === COMMA || this.keyword === K_SELECT
    return this.#dialect === 'mssql' && isAssigned && this.codes[at] === 61
  }

  /** Writes a word that begins with a character no word may continue with. */
  #lowerTo(start: number, end: number): void {
    let to = this.sink === this.#scratch ? start : this.sinkAt
    for (let at = start; at < end; at++) {
      const code = this.codes[at] as number
      this.sink[to++] = (this.#words[code] as number) || code
    }
  }

  #question(at: number): boolean {
    const known = this.#placeholders
    let isPlaceholder = this.#dialect !== 'postgresql' || this.#expectsNext
    if (known !== undefined) {
      isPlaceholder = known[this.#placeholder] === at
      if (isPlaceholder) this.#placeholder++
    }
    if (!isPlaceholder) return this.#operator(at)
    return this.#emit(PLACEHOLDER, at, this.#endOfDigits(at + 1), false)
  }

  #percent(at: number): boolean {
    const next = this.codes[at + 1] as number
    if (this.#expectsNext && next === 40) {
      let close = at + 2
      while (close < this.#length && this.codes[close] !== 41 && this.codes[close] !== 40) close++
      const last = this.codes[close + 1] as number
      if (this.codes[close] === 41 && classOf[last] === C_WORD) return this.#emit(PLACEHOLDER, at, close + 2, false)
    }
    // %s, and %b and %t of psycopg 3
    if (this.#expectsNext && (next === 115 || next === 98 || next === 116) && this.#endOfWord(at + 1) === at + 2) {
      return this.#emit(PLACEHOLDER, at, at + 2, false)
    }
    return this.#operator(at)
  }

  #operator(at: number): boolean {
    const end = this.#dialect === 'postgresql' ? this.#endOfPostgresOperator(at) : this.#endOfOperator(at)
    return this.#emit(OPERATOR, at, end, true)
  }

  #endOfOperator(at: number): number {
    const codes = this.codes
    const first = codes[at] as number
    const second = codes[at + 1] as number
    if (!pairs.has((first << 8) | second)) return at + 1
    const third = codes[at + 2]
    const isLonger = (first === 60 && second === 61 && third === 62) || (first === 45 && second === 62 && third === 62)
    return isLonger ? at + 3 : at + 2
  }

  /**
   * As PostgreSQL does it: the longest run of operator characters, which ends before a comment, and not in + or - unless
   * the run has an unusual character. And it ends before a placeholder written without a space: `a=?`, `a=%s`, `a=@p0`.
   */
  #endOfPostgresOperator(start: number): number {
    const codes = this.codes
    let isUnusual = (postgresUnusual[codes[start] as number] as number) !== 0
    let at = start + 1
    for (; ; at++) {
      const code = codes[at] as number
      if (postgresOperator[code] === 0) break
      const next = codes[at + 1] as number
      if ((code === 45 && next === 45) || (code === 47 && next === 42)) break
      const previous = codes[at - 1] as number
      if (code === 63 && previous !== 64 && previous !== 63) break
      if (code === 37 && (next === 115 || next === 40)) break
      if (code === 64 && previous !== 60 && classOf[next] === C_WORD) break
      if (postgresUnusual[code] !== 0) isUnusual = true
    }
    while (!isUnusual && at > start + 1 && (codes[at - 1] === 43 || codes[at - 1] === 45)) at--
    return at
  }
}
