import type { ResultColumn } from '../model/trace.ts'
import type { RawResult, StatementMessage } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a driver says about its columns
type Any = any

/** Columns by shape of statement: asking the driver costs more than many a statement does. */
const columnsByStatement = new WeakMap<object, readonly ResultColumn[]>()

/** Columns of a prepared statement, by its own `columns()`; undefined where the driver has none, or does not tell. */
function columnsFrom(prepared: Any, message: StatementMessage): readonly ResultColumn[] | undefined {
  const { statement } = message
  if (statement === undefined) return undefined
  const known = columnsByStatement.get(statement)
  if (known !== undefined) return known.length > 0 ? known : undefined
  let columns: readonly ResultColumn[] = []
  try {
    columns = prepared?.columns?.().map(columnOf) ?? []
  } catch {
    // closed in the meantime, or a virtual machine that was reset: the names of an object's keys will do
  }
  columnsByStatement.set(statement, columns)
  return columns.length > 0 ? columns : undefined
}

function columnOf({ name, column, table, database }: Any): ResultColumn {
  return typeof column === 'string' ? { name, origin: `${database}.${table}.${column}` } : { name }
}

/**
 * Rows of a SQLite driver as evidence. Drivers give objects, arrays, the first column alone (`pluck`) or objects by
 * table (`expand`): the last two are turned into arrays, since only those tell a cell from its place.
 *
 * @param prepared the driver's statement, to ask for its columns; undefined where there is none.
 */
export function sqliteResultOf(
  rows: readonly unknown[],
  prepared: unknown,
  message: StatementMessage,
): RawResult | undefined {
  if (rows.length === 0) return undefined
  const [first] = rows
  const columns = columnsFrom(prepared, message)
  if (!isObject(first)) return { rows: rows.map((value) => [value]), fields: columns?.slice(0, 1) }
  if (Array.isArray(first)) return { rows, fields: columns }
  const values = Object.values(first)
  if (!isObject(values[0]) || Array.isArray(values[0])) return { rows, fields: columns ?? namesOf(first) }
  return {
    rows: rows.map((row) => Object.values(row as object).flatMap(Object.values)),
    fields: values.flatMap(namesOf),
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)
}

function namesOf(row: unknown): ResultColumn[] {
  return Object.keys(row as object).map((name) => ({ name }))
}

/** See `DriverInfo.columnsOf`: {@link sqliteResultOf} has read them already. */
export function sqliteColumnsOf(fields: unknown): readonly ResultColumn[] {
  return Array.isArray(fields) ? fields : []
}

/** Rows a statement changed; SQLite goes on telling those of the last change after a statement that changes nothing. */
export function changedRows({ statement }: StatementMessage, changes: unknown): number {
  return statement?.writes === false || statement?.kind === 'transaction' ? 0 : Number(changes ?? 0)
}
