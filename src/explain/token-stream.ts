import type { Dialect } from '../model/statement.ts'
import * as T from '../sql/tokenizer.ts'
import { type SqlToken, sqlTokens } from './sql-tokens.ts'
import type { Query } from './sql-tree.ts'

const END: SqlToken = { type: T.END, text: '', word: '' }

/** The tokens of a text, with one in sight. Never runs past its end. */
export class TokenStream {
  readonly dialect: Dialect
  /** Reads the query that begins here; given, as queries and expressions hold each other. */
  readonly readQuery: (tokens: TokenStream) => Query
  /** Parameters that were passed; those without a number count on. */
  parameters = 0

  readonly #tokens: readonly SqlToken[]
  #at = 0

  constructor(text: string, dialect: Dialect, readQuery: (tokens: TokenStream) => Query) {
    this.#tokens = sqlTokens(text, dialect)
    this.dialect = dialect
    this.readQuery = readQuery
  }

  get type(): T.TokenType {
    return this.peek().type
  }

  get text(): string {
    return this.peek().text
  }

  get word(): string {
    return this.peek().word
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** A token further on. */
  peek(ahead = 0): SqlToken {
    return this.#tokens[this.#at + ahead] ?? END
  }

  next(): void {
    if (!this.isAtEnd) this.#at++
  }

  /** Passes a word, and says whether it stood here. */
  take(word: string): boolean {
    const isHere = this.type === T.WORD && this.word === word
    if (isHere) this.next()
    return isHere
  }

  /** Passes all up to the parenthesis that closes the one that is open, and that too. */
  skipTo(close: T.TokenType): void {
    for (let depth = 0; !this.isAtEnd; this.next()) {
      if (this.type === T.OPEN || this.type === T.BRACKET_OPEN) depth++
      else if (this.type === T.CLOSE || this.type === T.BRACKET_CLOSE) {
        const isClosed = depth === 0 && this.type === close
        if (isClosed) {
          this.next()
          return
        }
        depth--
      }
    }
  }

  /** Passes a pair of parentheses with all that is in it. */
  skipParentheses(): void {
    this.next()
    this.skipTo(T.CLOSE)
  }

  /** Passes `a.b.c`; empty where no name stands here. */
  readNames(): string[] {
    const names: string[] = []
    while (this.type === T.WORD || this.type === T.QUOTED_NAME) {
      names.push(this.word)
      this.next()
      if (this.type !== T.DOT) break
      this.next()
    }
    return names
  }
}
