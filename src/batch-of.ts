import { nPlusOne } from './detectors/n-plus-one.ts'
import type { StudyRequest } from './explain/request.ts'
import type { StatementMessage } from './instrument/message.ts'
import { boundValuesOf, copyValues } from './parameter-class.ts'
import { batchedLookupOf } from './sql/batched-lookup.ts'
import { statementOf } from './sql/statement.ts'
import { valuesOf } from './sql/values.ts'

/** The batched rewrite of a look-up, with the keys that it was seen with. */
export type Batch = NonNullable<StudyRequest['batched']>

/** Executions of one statement that are looked at. */
export const MOST_EXECUTIONS = 200

/** Keys of one statement: for more of them, its plan is mostly the same. */
const MOST_KEYS = 100

/** Whether executions of one statement in one scope may be a loop, where no proof is needed. */
export function isLoop(executions: readonly StatementMessage[]): boolean {
  return executions.length >= nPlusOne.defaults.threshold
}

/**
 * One statement in place of many: those of one scope, of one shape, that look up one key each. Everything else in them must
 * be the same.
 *
 * @param executions all of one statement, in order.
 * @returns undefined where they are no such look-ups, or where one statement in their place would mean something else.
 */
export function batchOf(executions: readonly StatementMessage[]): Batch | undefined {
  const [first] = executions
  if (first === undefined || !isLoop(executions)) return undefined
  const { text, driver } = first
  const { slots, kind } = first.statement ?? statementOf(text, driver.dialect)
  if (kind !== 'select' || !slots.some(({ operator, clause }) => operator === '=' && clause === 'where'))
    return undefined
  const rows = executions.slice(0, MOST_EXECUTIONS).map((each) => valuesOf(each.text, driver.dialect, each.parameters))
  const columns = slots.map((_, slot) => distinct(rows.map((row) => row[slot])))
  const slot = columns.findIndex((column) => column.length > 1)
  if (slot < 0 || columns.findLastIndex((column) => column.length > 1) !== slot) return undefined
  const keys = (columns[slot] ?? []).filter(isKey).slice(0, MOST_KEYS)
  const lookup = keys.length < 2 ? undefined : batchedLookupOf(text, driver.dialect, slot, keys.length)
  const bound = copyValues(boundValuesOf(first) ?? [])
  if (lookup === undefined || bound === undefined) return undefined
  const own = driver.dialect === 'postgresql' ? [keys] : keys
  const rest = bound.slice(lookup.at + (lookup.isBound ? 1 : 0))
  const values = copyValues([...bound.slice(0, lookup.at), ...own, ...rest])
  // drivers of MySQL make lists of arrays, so that the places of values are not those of their placeholders
  if (values === undefined || bound.some((value) => Array.isArray(value) && driver.dialect !== 'postgresql'))
    return undefined
  return { text: lookup.text, values, keys: keys.length }
}

/** By meaning, as far as a list of them is concerned: a text beside a number is a key of its own. */
function distinct(values: readonly unknown[]): unknown[] {
  const seen = new Map<unknown, unknown>()
  for (const value of values) {
    const key = value instanceof Date || value instanceof Uint8Array ? String(value) : value
    if (!seen.has(key)) seen.set(key, value)
  }
  return [...seen.values()]
}

function isKey(value: unknown): boolean {
  if (value === null || value === undefined) return false
  return typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array
}
