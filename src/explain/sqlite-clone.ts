import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { SqliteThread } from './sqlite-thread.ts'
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

/** What a database in memory is asked, wherever it is. */
type Memory = Pick<SqliteThread, 'query' | 'each' | 'close'>

/** Makes empty databases in memory, by the driver of one that is open: places where indexes can be tried. */
export class SqliteClones {
  readonly #Driver: new (
    path: string,
  ) => SqliteDatabase
  readonly #module: string | undefined
  readonly #argumentsOf: typeof sqliteArguments
  #thread: SqliteThread | undefined
  #isThreadless = false
  #memory: Memory | undefined

  /**
   * @param module what the driver is required by in a thread; without, the databases are in this one.
   * @param argumentsOf what its driver takes to bind values.
   */
  constructor(database: object, module: string | undefined, argumentsOf = sqliteArguments) {
    this.#Driver = database.constructor as new (path: string) => SqliteDatabase
    this.#module = module
    this.#argumentsOf = argumentsOf
  }

  /**
   * An empty one; there is one at a time. Its SQLite is the same, so it plans alike.
   *
   * @throws the driver's error.
   */
  async open(): Promise<SideConnection> {
    await this.#memory?.close()
    const memory = (await this.#inThread()) ?? inThisThread(new this.#Driver(':memory:'))
    this.#memory = memory
    const query = (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> =>
      memory.query(text, this.#argumentsOf(text, values))
    const [first] = await query('select sqlite_version() as version')
    return {
      engine: 'sqlite',
      serverVersion: String(first?.version ?? ''),
      query,
      each: (text, rows) => memory.each(text, rows),
      close: () => memory.close(),
    }
  }

  /** Closes it, and ends the thread. */
  async close(): Promise<void> {
    await this.#memory?.close()
    this.#memory = undefined
    await this.#thread?.close()
    this.#thread = undefined
  }

  /** Undefined where the driver cannot be loaded in another thread. */
  async #inThread(): Promise<Memory | undefined> {
    if (this.#module === undefined || this.#isThreadless) return undefined
    try {
      this.#thread ??= new SqliteThread(this.#module)
      const thread = this.#thread
      await thread.open()
      return {
        query: (text, values) => thread.query(text, values),
        each: (text, rows) => thread.each(text, rows),
        // it is kept for the next one
        close: async () => {},
      }
    } catch {
      this.#isThreadless = true
      return undefined
    }
  }
}

function inThisThread(database: SqliteDatabase): Memory {
  return {
    async query(text, values) {
      const statement = database.prepare(text)
      if (statement.reader !== false) return statement.all(...values) as readonly SideRow[]
      statement.run(...values)
      return []
    },
    async each(text, rows) {
      const statement = database.prepare(text)
      database.prepare('begin').run()
      for (const values of rows) {
        try {
          statement.run(...values)
        } catch {
          // as a generated column
        }
      }
      database.prepare('commit').run()
    },
    async close() {
      try {
        database.close()
      } catch {
        // it was closed before
      }
    },
  }
}
