import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { type SqliteDatabase, sqliteSide } from './sqlite-side.ts'
import { sqliteArguments } from './sqlite-values.ts'
import { countStatements } from './statement-count.ts'

/** What is used of a `DatabaseSync` of `node:sqlite`. */
export type NodeSqliteDatabase = SqliteDatabase

/**
 * Statements of nonplus over a database of `node:sqlite`: on the application's own handle, because memory, temporary and
 * attached tables are seen by no other. Synchronous below its promises.
 *
 * @param ownsIt closes the database at the end. @default false
 * @throws the driver's error, where the file is no database; an error for two statements, of which `prepare` would
 *   silently take the first.
 */
export async function nodeSqliteConnection(
  database: NodeSqliteDatabase,
  { ownsIt = false }: { readonly ownsIt?: boolean } = {},
): Promise<SideConnection> {
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> => {
    if (countStatements(text, 'sqlite') > 1) throw new Error('The text holds more than one statement.')
    const args = sqliteArguments(text, values)
    const last = args.at(-1)
    // node:sqlite wants the object with names first
    const ordered = isPlain(last) ? [last, ...args.slice(0, -1)] : args
    return database.prepare(text).all(...ordered) as readonly SideRow[]
  }
  return sqliteSide(database, query, ownsIt)
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}
