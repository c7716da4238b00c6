import type { SideConnection } from '../model/side-connection.ts'
import { sqliteClone } from './sqlite-clone.ts'

/** What is used of a database of SQLite, whatever its driver. */
export interface SqliteDatabase {
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
  close?(): unknown
}

/** What the connections of all drivers of SQLite share; only how they send a statement differs. */
export async function sqliteSide(
  database: SqliteDatabase,
  query: SideConnection['query'],
  ownsIt: boolean,
): Promise<SideConnection> {
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
