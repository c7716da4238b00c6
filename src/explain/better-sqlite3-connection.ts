import type { SideConnection } from '../model/side-connection.ts'
import { type SqliteDatabase, type SqliteOptions, sqliteSide } from './sqlite-side.ts'
import { sqliteArguments } from './sqlite-values.ts'

/** What is used of a `Database` of `better-sqlite3`. */
export type BetterSqlite3Database = SqliteDatabase

/**
 * Statements of nonplus over a database of `better-sqlite3`: on the application's own handle, because memory, temporary
 * and attached tables are seen by no other. Synchronous below its promises, which let the application go on every few
 * milliseconds.
 *
 * @throws the driver's error, where the file is no database.
 */
export async function betterSqlite3Connection(
  database: BetterSqlite3Database,
  options: SqliteOptions = {},
): Promise<SideConnection> {
  return sqliteSide(database, sqliteArguments, options)
}
