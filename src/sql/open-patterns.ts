import type { Dialect } from '../model/statement.ts'
import { statementOf } from './statement.ts'
import { valuesOf } from './values.ts'

const patternOperators: ReadonlySet<string> = new Set(['like', 'ilike', '~~', '~~*', 'not like', 'not ilike'])

/**
 * Columns that a statement compares with a pattern that begins with a wildcard: `%` or `_`, and `*`, `?` or `[` of GLOB.
 * Told before values are left out, since a plan without them does not say it.
 *
 * @param bound values of its placeholders, in order.
 */
export function openPatternsOf(text: string, dialect: Dialect, bound: readonly unknown[] = []): string[] {
  const { slots } = statementOf(text, dialect)
  const values = valuesOf(text, dialect, bound)
  const columns = slots.flatMap(({ column, operator = '' }, at) => {
    const value = values[at]
    if (column === undefined || typeof value !== 'string') return []
    if (operator === 'glob') return /^[*?[]/.test(value) ? [column] : []
    return patternOperators.has(operator) && /^[%_]/.test(value) ? [column] : []
  })
  return [...new Set(columns)]
}
