import type { Refusal } from '../model/plan.ts'
import type { Dialect, StatementKind } from '../model/statement.ts'
import { statementOf } from '../sql/statement.ts'
import * as T from '../sql/tokenizer.ts'
import { type RefusalCode, refuse } from './refusals.ts'
import { countStatements } from './statement-count.ts'

const byKind: Partial<Record<StatementKind, RefusalCode>> = {
  ddl: 'data-definition',
  transaction: 'transaction-control',
  multiple: 'several-statements',
  copy: 'copy',
  call: 'not-explainable',
  session: 'not-explainable',
  explain: 'not-explainable',
  other: 'not-explainable',
}

const heads = /^(select|with|values|table|insert|replace|update|delete|merge)$/

/** Why a text is not sent at all; undefined where it is one statement that a server may have a plan for. */
export function checkText(text: string, dialect: Dialect): Refusal | undefined {
  if (text.includes('\0')) return refuse('not-explainable', 'NUL byte')
  if (countStatements(text, dialect) > 1) return refuse('several-statements')
  const { kind } = statementOf(text, dialect)
  const code = byKind[kind]
  if (code !== undefined) return refuse(code)
  if (!heads.test(firstWordOf(text, dialect))) return refuse('not-explainable')
  if (hasSelectInto(text, dialect)) return refuse('data-definition', 'SELECT INTO')
  if (dialect === 'mysql' && /\/\*M?!/.test(text)) return refuse('not-explainable', 'comment that the server executes')
  if (dialect === 'postgresql' && /\bU&"/i.test(text)) return refuse('not-explainable', 'U&"name"')
  return undefined
}

function firstWordOf(text: string, dialect: Dialect): string {
  const tokens = new T.Tokenizer(text, dialect)
  while (tokens.next()) {
    if (tokens.type !== T.OPEN) return tokens.textOf(tokens.start, tokens.end).toLowerCase()
  }
  return ''
}

/** Words that may stand between INSERT and INTO. */
const modifiers = /^(low_priority|high_priority|delayed|ignore|or|abort|fail|rollback)$/

/** `INTO` that no INSERT, REPLACE or MERGE owns: it makes a table, a file, or sets variables. */
function hasSelectInto(text: string, dialect: Dialect): boolean {
  const tokens = new T.Tokenizer(text, dialect)
  let isOwned = false
  while (tokens.next()) {
    const word = tokens.type === T.WORD ? tokens.textOf(tokens.start, tokens.end).toLowerCase() : ''
    if (word === 'into' && tokens.keyword !== 0 && !isOwned) return true
    isOwned = /^(insert|replace|merge)$/.test(word) || (isOwned && modifiers.test(word))
  }
  return false
}
