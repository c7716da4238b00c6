import type { Dialect, Slot, StatementKind } from '../model/statement.ts'
import { readKeyword } from './read-keyword.ts'
import { readName } from './read-name.ts'
import { closeParenthesis, openParenthesis } from './read-parenthesis.ts'
import { isVerb } from './read-verb.ts'
import { Reading } from './reading.ts'
import { isWriting, kindOf } from './statement-kind.ts'
import * as T from './token-type.ts'

/** What the shape of a statement says about it. Names are as in the shape: unquoted, folded to lower case where case does not count. */
export interface Outline {
  readonly kind: StatementKind
  readonly writes: boolean
  /** Parts of each table name, schema first. */
  readonly tables: readonly (readonly string[])[]
  /** Operations in upper case, and the targets that follow each, in order of appearance. */
  readonly actions: readonly Action[]
  readonly slots: readonly Slot[]
}

/** An operation and what it works on; `isFirst` marks the begin of a statement. */
export interface Action {
  readonly operation: string
  readonly isFirst: boolean
  readonly targets: readonly (readonly string[])[]
}

const typeWords: ReadonlySet<string> = new Set(['precision', 'varying', 'with', 'without', 'time', 'zone'])

/**
 * Reads the shape of a statement: its kind, tables and operations, and where each of its values stands.
 *
 * @param shape a fingerprint.
 * @param positions where each `?` that is a value stands in it, ascending.
 * @param forms form of the value of each.
 */
export function outlineOf(
  shape: string,
  dialect: Dialect,
  positions: readonly number[],
  forms: readonly Slot['form'][],
): Outline {
  const reading = new Reading(shape, dialect, positions, forms)
  let more = reading.tokens.next()
  while (more) more = readToken(reading, reading.tokens.type)
  reading.endStatement()
  reading.slots.fill(Number.POSITIVE_INFINITY)
  return {
    kind: reading.kinds.size > 1 ? 'multiple' : ([...reading.kinds][0] ?? 'other'),
    writes: reading.writes,
    tables: reading.actions.tables,
    actions: reading.actions.actions,
    slots: reading.slots.slots,
  }
}

/** Takes the current token and moves to the next; false at the end. */
function readToken(reading: Reading, type: T.TokenType): boolean {
  const { frame, slots, tokens } = reading
  switch (type) {
    case T.WORD:
      return readWord(reading)
    case T.QUOTED_NAME:
      return readName(reading)
    case T.PLACEHOLDER:
      if (slots.onSlot(tokens.start, frame, reading.isMember)) reading.rows = 'none'
      break
    case T.OPERATOR:
      reading.rows = 'none'
      frame.names = undefined
      slots.onOperator(reading.current, frame.clause === 'set')
      break
    case T.OPEN:
      openParenthesis(reading)
      break
    case T.CLOSE:
      closeParenthesis(reading)
      break
    case T.COMMA:
      readComma(reading)
      break
    case T.CAST:
      return skipType(reading)
    case T.SEMICOLON:
      slots.forget()
      if (!reading.isBody) reading.endStatement()
      break
    default:
      slots.forget()
      frame.names = undefined
  }
  reading.isAfterName = false
  reading.passed(type)
  return tokens.next()
}

function readWord(reading: Reading): boolean {
  const { tokens, current: word } = reading
  const id = tokens.keyword
  const isHead = reading.kind === undefined
  if (isHead) readHead(reading, word)
  if (!isHead || isVerb(word) || word === 'with') {
    if (id === 0 || !readKeyword(reading, word, id)) return readName(reading)
  }
  reading.isAfterName = false
  reading.passed(T.WORD, word)
  return tokens.next()
}

/** Takes the first word of a statement. */
function readHead(reading: Reading, word: string): void {
  reading.kind = kindOf(word)
  reading.head = word
  if (reading.dialect === 'oracle' && (word === 'begin' || word === 'declare')) {
    reading.kind = 'call'
    reading.isBody = true
  }
  if (isWriting(reading.kind) || word === 'load') reading.writes = true
  const isQuery = reading.kind === 'select' || isVerb(word)
  if (!isQuery) reading.actions.act(word)
  if (reading.kind === 'ddl' || word === 'copy' || word === 'lock' || word === 'load')
    reading.frame.expectsTable = word === 'truncate' || word === 'copy'
  if (reading.kind === 'call' && word !== 'do') reading.frame.expectsTable = true
}

function readComma(reading: Reading): void {
  const { frame, slots } = reading
  slots.forget()
  frame.member++
  frame.between = undefined
  if (frame.inFrom) frame.expectsTable = true
  if (frame.clause === 'limit' && reading.dialect !== 'postgresql') slots.swapLimit()
  reading.rows = reading.rows === 'row' ? 'comma' : 'none'
}

/** Skips the type of `column::type`, which leaves the column the operand. */
function skipType(reading: Reading): boolean {
  const { tokens } = reading
  let more = tokens.next()
  if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) more = tokens.next()
  while (more && tokens.type === T.DOT) {
    more = tokens.next()
    if (more && (tokens.type === T.WORD || tokens.type === T.QUOTED_NAME)) more = tokens.next()
  }
  while (more && tokens.type === T.WORD && typeWords.has(reading.current)) more = tokens.next()
  while (more && tokens.type === T.BRACKET_OPEN) {
    more = tokens.next()
    if (more && tokens.type === T.BRACKET_CLOSE) more = tokens.next()
  }
  reading.type = T.CAST
  reading.word = ''
  return more
}
