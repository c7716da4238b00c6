import type { ResultColumn } from '../model/trace.ts'
import type { StatementMessage } from './message.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/**
 * Ends a statement with what mariadb made of it: rows with their columns in `meta`, rows and columns side by side
 * (`metaAsArray`, callbacks), the numbers of a write, or a list of those for several statements and procedures.
 *
 * @param meta columns, where a callback got them beside the rows.
 */
export function endWithResult(message: StatementMessage, result: Any, meta?: Any): void {
  try {
    const isPair = Array.isArray(result) && result.length === 2 && isList(result[0]) && Array.isArray(result[1])
    if (isPair && meta === undefined && (result as Any).meta === undefined) {
      endWithResult(message, result[0], result[1])
      return
    }
    const parts = partsOf(result, meta)
    const lists = parts.filter(({ rows }) => rows !== undefined)
    const [only] = lists
    const count = parts.reduce((sum, { count }) => sum + count, 0)
    const hasRows = lists.length === 1 && only?.rows !== undefined && only.rows.length > 0
    message.end(undefined, count, hasRows ? { rows: only.rows as readonly unknown[], fields: only.fields } : undefined)
  } catch (error) {
    reportFailure('mariadb result', error)
    message.end(undefined, 0)
  }
}

interface Part {
  readonly count: number
  readonly rows: readonly unknown[] | undefined
  readonly fields: unknown
}

function partsOf(result: Any, meta: Any): Part[] {
  if (!Array.isArray(result)) return [{ count: Number(result?.affectedRows ?? 0), rows: undefined, fields: undefined }]
  const fields = (result as Any).meta ?? meta
  const isSeveral = Array.isArray(fields)
    ? fields.some((columns) => columns === null || Array.isArray(columns))
    : result.some((part) => isOutcome(part) || (part as Any)?.meta !== undefined)
  if (!isSeveral) return [{ count: result.length, rows: result, fields }]
  return result.flatMap((part, index) => partsOf(part, Array.isArray(fields) ? fields[index] : undefined))
}

function isOutcome(part: Any): boolean {
  return typeof part?.affectedRows === 'number' && part.warningStatus !== undefined
}

/** Rows without columns of their own. */
function isList(part: Any): boolean {
  return Array.isArray(part) && (part as Any).meta === undefined
}

/** Names and origins of mariadb's columns. */
export function columnsOf(fields: unknown): readonly ResultColumn[] {
  if (!Array.isArray(fields)) return []
  return fields.map((column: Any) => {
    const [table, name] = [column.orgTable(), column.orgName()]
    return table === '' ? { name: column.name() } : { name: column.name(), origin: `${column.db()}.${table}.${name}` }
  })
}
