import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { sqliteArguments } from './sqlite-values.ts'

interface Prepared {
  /** Of better-sqlite3: false where it returns no rows, and `all` would throw. */
  readonly reader?: boolean
  all(...values: readonly unknown[]): readonly unknown[]
  run(...values: readonly unknown[]): unknown
}

/** What is used of a `Database` of `better-sqlite3`, and of a `DatabaseSync` of `node:sqlite`. */
interface SqliteDatabase {
  prepare(text: string): Prepared
  close(): unknown
}

/**
 * An empty database in memory, by the driver of one that is open: a place where indexes can be tried. Its SQLite is the
 * same, so it plans alike.
 *
 * @throws the driver's error.
 */
export async function sqliteClone(database: object): Promise<SideConnection> {
  const Driver = database.constructor as new (path: string) => SqliteDatabase
  const memory = new Driver(':memory:')
  // thousands of rows come in with one statement
  let inserting: { readonly text: string; readonly statement: Prepared } | undefined
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> => {
    if (/^insert/i.test(text)) {
      if (text !== inserting?.text) inserting = { text, statement: memory.prepare(text) }
      inserting.statement.run(...values)
      return []
    }
    const statement = memory.prepare(text)
    const bound = sqliteArguments(text, values)
    if (statement.reader !== false) return statement.all(...bound) as readonly SideRow[]
    statement.run(...bound)
    return []
  }
  const [first] = await query('select sqlite_version() as version')
  return {
    engine: 'sqlite',
    serverVersion: String(first?.version ?? ''),
    query,
    close: async () => {
      memory.close()
    },
  }
}
