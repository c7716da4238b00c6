import type { StatementMessage } from './instrument/message.ts'
import type { Dialect, Statement } from './model/statement.ts'
import { redactLiterals } from './sql/redact.ts'
import { statementOf } from './sql/statement.ts'
import { type Binding, bindingsOf } from './sql/values.ts'

/** What was read out of the last text of a statement: most statements have one text, and are sent again and again. */
export interface TextReading {
  readonly text: string
  readonly redacted: string
  readonly bindings: readonly Binding[] | undefined
}

const readings = new WeakMap<Statement, TextReading>()

/** Reads a text of a statement, unless it is the one that was read last. */
export function readingOf(statement: Statement, text: string, dialect: Dialect): TextReading {
  const known = readings.get(statement)
  if (known?.text === text) return known
  const reading = { text, redacted: redactLiterals(text, dialect), bindings: bindingsOf(text, dialect) }
  readings.set(statement, reading)
  return reading
}

/** The shape of a statement; that of a stray one is read here, since no recorder has filed it. */
export function shapeOf(message: StatementMessage): Statement {
  message.statement ??= statementOf(message.text, message.driver.dialect)
  return message.statement
}
