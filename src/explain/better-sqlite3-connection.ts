import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { sqliteClone } from './sqlite-clone.ts'
import { sqliteArguments } from './sqlite-values.ts'

/** What is used of a `Database` of `better-sqlite3`. */
export interface BetterSqlite3Database {
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
  close?(): unknown
}

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
  const [first] = await query('select sqlite_version() as version')
  return {
    engine: 'sqlite',
    serverVersion: String(first?.version ?? ''),
    query,
    clone: () => sqliteClone(database),
    async close() {
      try {
        if (ownsIt) database.close?.()
      } catch {
        // it was closed before
      }
    },
  }
}
