import { type Frame, newFrame } from './clause-frame.ts'
import type { Reading } from './reading.ts'
import * as T from './token-type.ts'

/** Takes an opening parenthesis. */
export function openParenthesis(reading: Reading): void {
  const { frame, slots } = reading
  const inner = innerFrame(reading, frame)
  frame.names = undefined
  reading.enterParenthesis(inner)
  slots.forget()
}

/** What a parenthesis is about, from what stands before it. */
function innerFrame(reading: Reading, frame: Frame): Frame {
  const { comparison } = reading.slots
  if (reading.rows === 'values' || reading.rows === 'comma') {
    return newFrame('values', { comparison: { columns: reading.insertColumns, operator: undefined }, isRow: true })
  }
  if (reading.cte !== undefined && frame.inWith) {
    if (reading.word === 'as' || reading.word === 'materialized') {
      const defines = reading.cte
      reading.cte = undefined
      return newFrame('other', { defines })
    }
    return newFrame('other')
  }
  if (reading.awaitsColumns && (reading.type === T.WORD || reading.type === T.QUOTED_NAME)) {
    reading.awaitsColumns = false
    return newFrame('other', { isColumnList: true })
  }
  if (reading.word === 'in' && comparison !== undefined) {
    return newFrame(frame.clause, { comparison, isListOfRows: true })
  }
  if ((reading.word === 'any' || reading.word === 'some' || reading.word === 'all') && comparison !== undefined) {
    return newFrame(frame.clause, {
      comparison: { columns: comparison.columns, operator: quantified(comparison.operator, reading.word) },
    })
  }
  if (reading.word === 'cast' || reading.word === 'try_cast') return newFrame(frame.clause, { comparison })
  const isInRowList = frame.isListOfRows && reading.isMember
  if (isInRowList) return newFrame(frame.clause, { comparison: frame.comparison, isRow: true })
  if ((reading.type === T.OPERATOR || reading.word === 'row') && comparison?.columns !== undefined) {
    return newFrame(frame.clause, { comparison, isRow: comparison.columns.length > 1 })
  }
  const inner = newFrame(frame.clause, { isCall: reading.isAfterName })
  if (frame.expectsTable && reading.type !== T.QUOTED_NAME) {
    inner.expectsTable = inner.inFrom = true
    frame.expectsTable = false
  }
  return inner
}

/** Takes a closing parenthesis. */
export function closeParenthesis(reading: Reading): void {
  const { frame: inner, slots } = reading
  if (!reading.leaveParenthesis()) {
    slots.forget()
    return
  }
  const isRow = reading.rows !== 'none' || inner.isRow
  slots.forget()
  const names = inner.names
  if (inner.isColumnList) reading.insertColumns = names
  else if (names !== undefined && names.length > 0 && !inner.isCall) slots.onRow(names)
  if (inner.defines !== undefined) reading.actions.addCte(inner.defines)
  reading.rows = isRow && inner.clause === 'values' ? 'row' : 'none'
  reading.frame.names = undefined
}

function quantified(operator: string | undefined, quantifier: string): string {
  const word = quantifier === 'some' ? 'any' : quantifier
  return operator === '=' && word === 'any' ? 'any' : `${operator} ${word}`
}
