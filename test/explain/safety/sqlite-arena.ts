import { existsSync, rmSync } from 'node:fs'
import { betterSqlite3Connection } from '../../../src/explain/better-sqlite3-connection.ts'
import type { Arena } from './arena.ts'
import { SETUP } from './sqlite-attempts.ts'

interface Handle {
  readonly inTransaction: boolean
  exec(text: string): void
  prepare(text: string): {
    readonly reader: boolean
    all(...values: readonly unknown[]): readonly unknown[]
    run(...values: readonly unknown[]): unknown
  }
  function(name: string, options: object, call: () => unknown): void
  close(): void
}

export type SqliteModule = new (file: string) => Handle

const FILE = '/tmp/nonplus_safety.db'

/** A database in memory, with a function of the application that counts its calls. */
export async function sqliteArena(Database: SqliteModule): Promise<Arena> {
  let calls = 0
  const open = (): Handle => {
    const handle = new Database(':memory:')
    handle.function('effect', { deterministic: true }, () => ++calls)
    handle.exec(SETUP)
    return handle
  }
  let handle = open()
  const borrowed = { prepare: (text: string) => handle.prepare(text) }
  return {
    dialect: 'sqlite',
    side: await betterSqlite3Connection(borrowed),
    async state() {
      const parts = ['items', 'audit', 'sqlite_master', 'pragma_database_list', 'pragma_user_version'].map((table) => {
        try {
          return JSON.stringify(handle.prepare(`select * from ${table}`).all())
        } catch {
          return `${table} is gone`
        }
      })
      return [...parts, `calls ${calls}`, `file ${existsSync(FILE)}`].join('\n')
    },
    held: async () => (handle.inTransaction ? 'transaction' : ''),
    async byHand({ text, values = [] }, mode) {
      // SQLite has no EXPLAIN ANALYZE: by hand the statement itself is run, but for the one without an end
      if (mode === 'analyze' && /recursive/.test(text)) return 'hangs'
      try {
        const command = mode === 'plan' ? 'explain query plan ' : ''
        const statement = handle.prepare(command + text)
        if (statement.reader) statement.all(...values)
        else statement.run(...values)
        return handle.inTransaction ? 'locks' : 'answers'
      } catch {
        return 'fails'
      }
    },
    async reset() {
      handle.close()
      rmSync(FILE, { force: true })
      calls = 0
      handle = open()
    },
    async close() {
      handle.close()
    },
  }
}
