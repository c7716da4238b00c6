import type { Dialect } from '../model/statement.ts'
import * as C from './byte-class.ts'
import { endOfComment, endOfLine, startOfExecuted } from './comment-end.ts'
import { BEFORE_VALUE, findKeyword, keyword, keywordFlags } from './keywords.ts'
import { endOfDigits, endOfNumber } from './number-end.ts'
import { endOfOperator, endOfPostgresOperator } from './operator-end.ts'
import { endOfPercentPlaceholder } from './percent-placeholder.ts'
import { endOfDollarQuoted, endOfPrefixed, endOfQuoted } from './quoted-end.ts'
import * as T from './token-type.ts'
import { endOfWord, wordBytes } from './word-bytes.ts'

export * from './token-type.ts'

const singleType: Uint8Array = new Uint8Array(128)
singleType[40] = T.OPEN
singleType[41] = T.CLOSE
singleType[44] = T.COMMA
singleType[59] = T.SEMICOLON
singleType[93] = T.BRACKET_CLOSE

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
  type: T.TokenType = T.END
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
  #words: Uint8Array = wordBytes.postgresql
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
    this.#words = wordBytes[dialect]
    this.type = T.END
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
      switch (C.classOf[code]) {
        case C.SPACE:
          at++
          continue
        case C.WORD:
          return this.#word(at)
        case C.SINGLE:
          return this.#emit(singleType[code] as number, at, at + 1, code !== 41 && code !== 93)
        case C.DIGIT:
          return this.#number(at)
        case C.DOT:
          if (this.#expectsNext && C.classOf[codes[at + 1] as number] === C.DIGIT && this.type !== T.DOT)
            return this.#number(at)
          return this.#emit(T.DOT, at, at + 1, false)
        case C.STRING:
          return this.#emit(T.STRING, at, endOfQuoted(codes, this.#length, at, 39, this.#dialect === 'mysql'), false)
        case C.DOUBLE_QUOTE:
          if (this.#dialect === 'mysql')
            return this.#emit(T.STRING, at, endOfQuoted(codes, this.#length, at, 34, true), false)
          return this.#quotedName(at, at, 34)
        case C.BACKTICK:
          if (this.#dialect === 'mysql' || this.#dialect === 'sqlite') {
            return this.#quotedName(at, at, 96)
          }
          return this.#operator(at)
        case C.BRACKET:
          if (this.#dialect === 'mssql' || this.#dialect === 'sqlite') {
            return this.#quotedName(at, at, 93)
          }
          return this.#emit(T.BRACKET_OPEN, at, at + 1, true)
        case C.MINUS:
          if (codes[at + 1] === 45 && (this.#dialect !== 'mysql' || (codes[at + 2] as number) <= 32)) {
            at = endOfLine(codes, this.#length, at + 2)
            continue
          }
          return this.#operator(at)
        case C.SLASH:
          if (codes[at + 1] === 42) {
            at = this.#comment(at)
            continue
          }
          return this.#operator(at)
        case C.HASH:
          if (this.#dialect === 'mysql') {
            at = endOfLine(codes, this.#length, at + 1)
            continue
          }
          return this.#dialect === 'mssql' ? this.#word(at) : this.#operator(at)
        case C.STAR:
          if (this.#executable && codes[at + 1] === 47) {
            this.#executable = false
            at += 2
            continue
          }
          if (this.#expectsNext || this.type === T.DOT) return this.#emit(T.STAR, at, at + 1, false)
          return this.#operator(at)
        case C.OPERATOR:
          return this.#operator(at)
        case C.COLON:
          return this.#colon(at)
        case C.DOLLAR:
          return this.#dollar(at)
        case C.AT:
          return this.#at(at)
        case C.QUESTION:
          return this.#question(at)
        case C.PERCENT:
          return this.#percent(at)
        default:
          if (at >= this.#length) return this.#finish()
          if (code === 0) {
            at++
            continue
          }
          return this.#emit(T.OTHER, at, at + 1, true)
      }
    }
  }

  #finish(): boolean {
    this.type = T.END
    this.start = this.end = this.#length
    this.keyword = 0
    return false
  }

  #emit(type: T.TokenType, start: number, end: number, expectsNext: boolean): boolean {
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
    const id = this.type === T.DOT || next === 46 ? 0 : findKeyword(sink, sinkAt, to)
    this.type = T.WORD
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
    const end = endOfPrefixed(codes, this.#length, start, quote, this.#dialect)
    if (end !== 0) return this.#emit(T.STRING, start, end, false)
    const isUnicodeName =
      quote - start === 1 && ((codes[start] as number) | 32) === 117 && codes[quote] === 38 && codes[quote + 1] === 34
    if (!isUnicodeName || this.#dialect === 'mysql') return false
    return this.#quotedName(start, quote + 1, 34)
  }

  #quotedName(start: number, quoteAt: number, closer: number): boolean {
    return this.#emit(T.QUOTED_NAME, start, endOfQuoted(this.codes, this.#length, quoteAt, closer, false), false)
  }

  /** Where reading goes on after the opening of a comment. */
  #comment(start: number): number {
    const executed = this.#dialect === 'mysql' ? startOfExecuted(this.codes, start) : 0
    if (executed === 0) return endOfComment(this.codes, this.#length, start, this.#dialect)
    this.#executable = true
    return executed
  }

  #number(start: number): boolean {
    const end = endOfNumber(this.codes, this.#words, start, this.#dialect === 'mysql')
    return end === 0 ? this.#word(start) : this.#emit(T.NUMBER, start, end, false)
  }

  #colon(at: number): boolean {
    const codes = this.codes
    const next = codes[at + 1] as number
    if (next === 58 && this.#dialect !== 'oracle') return this.#emit(T.CAST, at, at + 2, false)
    if (next === 61) return this.#emit(T.OPERATOR, at, at + 2, true)
    if (!this.#expectsNext) return this.#emit(T.OPERATOR, at, at + 1, true)
    if (next === 34 && this.#dialect === 'oracle')
      return this.#emit(T.PLACEHOLDER, at, endOfQuoted(codes, this.#length, at + 1, 34, false), false)
    const end = endOfWord(codes, this.#words, at + 1)
    return end > at + 1 ? this.#emit(T.PLACEHOLDER, at, end, false) : this.#emit(T.OPERATOR, at, at + 1, true)
  }

  #dollar(at: number): boolean {
    const codes = this.codes
    const next = codes[at + 1] as number
    const isDigit = C.classOf[next] === C.DIGIT
    if (this.#dialect === 'mssql' && isDigit) {
      const end = endOfDigits(codes, at + 1)
      return this.#emit(T.NUMBER, at, codes[end] === 46 ? endOfDigits(codes, end + 1) : end, false)
    }
    if (isDigit) return this.#emit(T.PLACEHOLDER, at, endOfDigits(codes, at + 1), false)
    if (this.#dialect === 'postgresql') {
      const end = endOfDollarQuoted(codes, this.#length, at, this.#words)
      if (end !== 0) return this.#emit(T.STRING, at, end, false)
    }
    const end = endOfWord(codes, this.#words, at + 1)
    if (end === at + 1) return this.#emit(T.OTHER, at, at + 1, true)
    if (this.#dialect === 'mssql' || this.#dialect === 'mysql') return this.#word(at)
    return this.#emit(T.PLACEHOLDER, at, end, false)
  }

  #at(at: number): boolean {
    const codes = this.codes
    if (codes[at + 1] === 64 && this.#dialect !== 'postgresql') {
      const end = endOfWord(codes, this.#words, at + 2)
      if (this.#dialect === 'mssql') return this.#word(at)
      this.#lowerTo(at, end)
      return this.#emit(T.WORD, at, end, false)
    }
    const end = endOfWord(codes, this.#words, at + 1)
    if (end === at + 1) return this.#operator(at)
    if (this.#expectsNext && !this.#isVariableTarget(end)) return this.#emit(T.PLACEHOLDER, at, end, false)
    if (this.#dialect === 'postgresql' || this.#dialect === 'oracle') return this.#operator(at)
    if (this.#dialect === 'mssql') return this.#word(at)
    this.#lowerTo(at, end)
    return this.#emit(T.WORD, at, end, false)
  }

  /**
   * The name of a variable or argument, not a value: `set @x = 1`, `select 1 into @x`, `@x := 1` in MySQL, and in T-SQL
   * `select @x = 1, @y = 2` and `exec f @x = 1, @y = 2`.
   */
  #isVariableTarget(end: number): boolean {
    if (this.#dialect !== 'mysql' && this.#dialect !== 'mssql') return false
    if (this.type === T.WORD && (this.keyword === K_SET || this.keyword === K_INTO)) return true
    let at = end
    while (this.codes[at] === 32) at++
    if (this.codes[at] === 58 && this.codes[at + 1] === 61) return true
    const isAssigned = this.type === T.COMMA || this.keyword === K_SELECT
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
    return this.#emit(T.PLACEHOLDER, at, endOfDigits(this.codes, at + 1), false)
  }

  #percent(at: number): boolean {
    const end = this.#expectsNext ? endOfPercentPlaceholder(this.codes, this.#length, at, this.#words) : 0
    return end === 0 ? this.#operator(at) : this.#emit(T.PLACEHOLDER, at, end, false)
  }

  #operator(at: number): boolean {
    const isPostgres = this.#dialect === 'postgresql'
    const end = isPostgres ? endOfPostgresOperator(this.codes, at) : endOfOperator(this.codes, at)
    return this.#emit(T.OPERATOR, at, end, true)
  }
}
