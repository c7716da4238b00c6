import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { type SqliteDatabase, sqliteSide } from './sqlite-side.ts'
import { sqliteArguments } from './sqlite-values.ts'

/** What is used of a `Database` of `better-sqlite3`. */
export type BetterSqlite3Database = SqliteDatabase

/**
 * Statements of nonplus over a database of `better-sqlite3`: on the application's own handle, because memory, temporary
 * and attached tables are seen by no other. Synchronous below its promises.
 *
 * @param ownsIt closes the database at the end. @default false
 * @throws the driver's error, where the file is no database.
 */
export async function betterSqlite3Connection(
  database: BetterSqlite3Database,
  { ownsIt = false }: { readonly ownsIt?: boolean } = {},
): Promise<SideConnection> {
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> =>
    database.prepare(text).all(...sqliteArguments(text, values)) as readonly SideRow[]
  return sqliteSide(database, query, ownsIt)
}
