import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { NonplusError } from '../model/errors.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { type BetterSqlite3Database, betterSqlite3Connection } from './better-sqlite3-connection.ts'
import type { Load } from './connect-options.ts'
import { type NodeSqliteDatabase, nodeSqliteConnection } from './node-sqlite-connection.ts'

type BetterSqlite3 = new (file: string, options: object) => BetterSqlite3Database

interface NodeSqlite {
  readonly DatabaseSync: new (file: string, options: object) => NodeSqliteDatabase
}

/** By `better-sqlite3`, else by `node:sqlite`; opened for reading only. */
export async function connectSqlite(url: string, load: Load): Promise<SideConnection> {
  const file = fileOf(url)
  if (!existsSync(file)) {
    throw new NonplusError('ERR_DATABASE_UNREACHABLE', `Cannot open ${file}: there is no such file. Correct its path.`)
  }
  const better = betterSqlite3(load)
  if (better !== undefined) {
    const database = new better(file, { readonly: true, fileMustExist: true })
    return betterSqlite3Connection(database, { ownsIt: true })
  }
  const node = load('node:sqlite') as NodeSqlite | undefined
  if (node !== undefined) {
    return nodeSqliteConnection(new node.DatabaseSync(file, { readOnly: true }), { ownsIt: true })
  }
  throw new NonplusError(
    'ERR_DRIVER_UNSUPPORTED',
    'A SQLite file needs `better-sqlite3`, which is not installed in this project, or Node 22.5 for node:sqlite. Run: npm i -D better-sqlite3',
  )
}

/** One whose native part was built for another Node is as good as none. */
function betterSqlite3(load: Load): BetterSqlite3 | undefined {
  try {
    return load('better-sqlite3') as BetterSqlite3 | undefined
  } catch {
    return undefined
  }
}

/** Of `sqlite:dev.db`, `sqlite://dev.db`, `sqlite:///tmp/dev.db`, `file:dev.db`, `file:///tmp/dev.db`, or a path. */
function fileOf(url: string): string {
  if (/^file:\/\//i.test(url)) return fileURLToPath(url.split('?')[0] as string)
  if (!/^(sqlite|file):/i.test(url)) return url
  return decodeURI(url.replace(/^(sqlite|file):(\/\/)?/i, '').split('?')[0] as string)
}
