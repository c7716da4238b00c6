import type { Dialect, Slot, StatementKind } from '../model/statement.ts'
import { type Frame, newFrame } from './clause-frame.ts'
import { SlotComparison } from './slot-comparison.ts'
import { StatementActions } from './statement-actions.ts'
import * as T from './token-type.ts'
import { Tokenizer } from './tokenizer.ts'

/** How far the reader of a shape is: in which statement, in which parentheses, after what; and what it found so far. */
export class Reading {
  readonly shape: string
  readonly dialect: Dialect
  readonly tokens: Tokenizer

  // What was found.
  readonly kinds: Set<StatementKind> = new Set()
  readonly actions: StatementActions = new StatementActions()
  readonly slots: SlotComparison
  writes = false

  // Of the current statement.
  kind: StatementKind | undefined
  /** Its first word. */
  head = ''
  /** The body of a routine, whose semicolons do not end the statement. */
  isBody = false
  insertColumns: readonly string[] | undefined
  /** A parenthesis behind the next name holds the columns to insert. */
  awaitsColumns = false
  /** How far `values (…), (…)` was read. */
  rows: 'none' | 'values' | 'row' | 'comma' = 'none'
  /** A CTE whose name was read and whose body was not. */
  cte: string | undefined
  frame: Frame = newFrame('other')
  #outer: Frame[] = []

  // What came just before: words only where they are unquoted and no part of a longer name.
  type: T.TokenType = T.END
  word = ''
  wordBefore = ''
  /** A name came before, so that a parenthesis is a call. */
  isAfterName = false

  constructor(shape: string, dialect: Dialect, positions: readonly number[], forms: readonly Slot['form'][]) {
    this.shape = shape
    this.dialect = dialect
    this.tokens = new Tokenizer(shape, dialect, positions)
    this.slots = new SlotComparison(positions, forms)
  }

  /** True outside all parentheses. */
  get isOutermost(): boolean {
    return this.#outer.length === 0
  }

  /** True for the first member in parentheses, and for one after a comma. */
  get isMember(): boolean {
    return this.type === T.OPEN || this.type === T.COMMA
  }

  /** Text of the current token. */
  get current(): string {
    return this.tokens.textOf(this.tokens.start, this.tokens.end)
  }

  /** The character code after the current token. */
  get nextCode(): number {
    const { codes, end } = this.tokens
    return codes[codes[end] === 32 ? end + 1 : end] as number
  }

  /** Remembers what was read as what came before. */
  passed(type: T.TokenType, word = ''): void {
    this.type = type
    this.wordBefore = this.word
    this.word = word
  }

  enterParenthesis(frame: Frame): void {
    this.#outer.push(this.frame)
    this.frame = frame
  }

  /** Goes back to what encloses; false where nothing does. */
  leaveParenthesis(): boolean {
    const outer = this.#outer.pop()
    if (outer === undefined) return false
    this.frame = outer
    return true
  }

  endStatement(): void {
    if (this.kind !== undefined) this.kinds.add(this.kind)
    this.kind = undefined
    this.head = ''
    this.isBody = false
    this.insertColumns = undefined
    this.awaitsColumns = false
    this.rows = 'none'
    this.cte = undefined
    this.actions.endStatement()
    this.#outer = []
    this.frame = newFrame('other')
  }
}
