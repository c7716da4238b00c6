import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { pauses } from './pauses.ts'
import { SqliteClones } from './sqlite-clone.ts'
import type { sqliteArguments } from './sqlite-values.ts'

/** What is used of a database of SQLite, whatever its driver. */
export interface SqliteDatabase {
  prepare(text: string): { all(...values: readonly unknown[]): readonly unknown[] }
  close?(): unknown
}

/** How a database of SQLite is spoken to. */
export interface SqliteOptions {
  /** Closes the database at the end. @default false */
  readonly ownsIt?: boolean
  /** What the driver is required by, where it works in a thread: a file, or `node:sqlite`. */
  readonly module?: string
}

/** What the connections of all drivers of SQLite share; only how they send a statement differs. */
export async function sqliteSide(
  database: SqliteDatabase,
  argumentsOf: typeof sqliteArguments,
  { ownsIt = false, module }: SqliteOptions,
): Promise<SideConnection> {
  const clones = new SqliteClones(database, module, argumentsOf)
  const pause = pauses()
  const query: SideConnection['query'] = async (text, values = []) => {
    await pause()
    return database.prepare(text).all(...argumentsOf(text, values)) as readonly SideRow[]
  }
  const [first] = await query('select sqlite_version() as version')
  return {
    engine: 'sqlite',
    serverVersion: String(first?.version ?? ''),
    query,
    clone: async () => {
      await pause()
      return clones.open()
    },
    async close() {
      await clones.close()
      try {
        if (ownsIt) database.close?.()
      } catch {
        // it was closed before
      }
    },
  }
}
