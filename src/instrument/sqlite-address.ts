import type { ServerAddress } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: databases of several drivers
type Any = any

/** Name of the file a database of SQLite is in, without its folders; undefined in memory, and where nobody tells. */
export function sqliteAddressOf(database: object): ServerAddress | undefined {
  const name = nameOf(fileOf(database as Any))
  return name === '' || name === ':memory:' ? undefined : { database: name }
}

/** better-sqlite3 says `name`, sqlite3 `filename`, Node `location()`. */
function fileOf(database: Any): string {
  const { name, filename } = database
  const file = name ?? filename ?? locationOf(database)
  return typeof file === 'string' ? file : ''
}

function locationOf(database: Any): unknown {
  try {
    return database.location?.()
  } catch {
    // closed
    return undefined
  }
}

/** A file may be given as `file:app.db?mode=ro`. */
function nameOf(file: string): string {
  const path = file.startsWith('file:') ? (file.slice('file:'.length).split('?')[0] ?? '') : file
  return path.split(/[\\/]/).at(-1) ?? ''
}
