import type { SideConnection } from '../model/side-connection.ts'
import { type SqliteDatabase, type SqliteOptions, sqliteSide } from './sqlite-side.ts'
import { sqliteArguments } from './sqlite-values.ts'
import { countStatements } from './statement-count.ts'

/** What is used of a `DatabaseSync` of `node:sqlite`. */
export type NodeSqliteDatabase = SqliteDatabase

/**
 * Statements of nonplus over a database of `node:sqlite`: on the application's own handle, because memory, temporary and
 * attached tables are seen by no other. Synchronous below its promises, which let the application go on every few
 * milliseconds.
 *
 * @throws the driver's error, where the file is no database; an error for two statements, of which `prepare` would
 *   silently take the first.
 */
export async function nodeSqliteConnection(
  database: NodeSqliteDatabase,
  options: SqliteOptions = {},
): Promise<SideConnection> {
  return sqliteSide(database, nodeArguments, options)
}

/** It wants the object with names first. */
function nodeArguments(text: string, values: readonly unknown[]): readonly unknown[] {
  if (countStatements(text, 'sqlite') > 1) throw new Error('The text holds more than one statement.')
  const args = sqliteArguments(text, values)
  const last = args.at(-1)
  return isPlain(last) ? [last, ...args.slice(0, -1)] : args
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
