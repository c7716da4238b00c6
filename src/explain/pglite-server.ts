import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { SideRow } from '../model/side-connection.ts'
import { PGLITE_WORKER } from './pglite-worker.ts'
import { WorkerCalls } from './worker-calls.ts'

/** A file of a table or an index, and how many pages it is to look like. */
export interface PretendedFile {
  readonly path: string
  readonly pages: number
}

/** A PostgreSQL in a thread of this process. Cells of its rows are texts. */
export interface PgliteDatabase {
  query(text: string, values?: readonly unknown[]): Promise<readonly SideRow[]>
  /** Runs several statements. */
  exec(text: string): Promise<readonly SideRow[]>
  /**
   * Makes files look longer than they are: the planner asks for their length, never for what is in them. Reading them
   * would fail.
   */
  pretend(files: readonly PretendedFile[]): Promise<void>
  restore(files: readonly PretendedFile[]): Promise<void>
  close(): Promise<void>
}

const MODULE = '@electric-sql/pglite'
/** Extensions that PGlite brings and that tables or indexes may need. */
const EXTENSIONS = `pg_trgm btree_gin btree_gist citext hstore ltree intarray cube unaccent fuzzystrmatch uuid_ossp
  pgcrypto`.split(/\s+/)

let server: PgliteDatabase | undefined

/**
 * An empty PostgreSQL, in memory and in a thread of its own, made at the first use and kept; undefined where
 * `@electric-sql/pglite` is not installed, in the project or beside nonplus. It does not keep the process alive. Making one
 * takes seconds, so its empty directory is kept below `node_modules/.cache`.
 */
export function pgliteServer(): PgliteDatabase | undefined {
  server ??= open()
  return server
}

/** Ends it, where there is one; the next use makes another. */
export async function closePglite(): Promise<void> {
  await server?.close()
  server = undefined
}

function open(): PgliteDatabase | undefined {
  const project = resolver()
  if (project === undefined) return undefined
  const pglite = project.resolve(MODULE)
  const extensions = EXTENSIONS.flatMap((name) => {
    try {
      return [[name, project.resolve(`${MODULE}/contrib/${name}`)]]
    } catch {
      return []
    }
  })
  const kept = keptDirectory(pglite, project)
  return new Thread({ pglite, extensions: Object.fromEntries(extensions), ...(kept === undefined ? {} : { kept }) })
}

/** As the project would find it, or else as we would. */
function resolver(): NodeJS.Require | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      const found = createRequire(from)
      found.resolve(MODULE)
      return found
    } catch {
      // the next one
    }
  }
  return undefined
}

function keptDirectory(pglite: string, project: NodeJS.Require): string | undefined {
  const root = /^.*node_modules(?=[\\/]@electric-sql)/.exec(pglite)?.[0]
  if (root === undefined || !existsSync(root)) return undefined
  try {
    const { version } = project(join(dirname(pglite), '..', 'package.json')) as { version: string }
    return join(root, '.cache', 'nonplus', `pglite-${version}.tar.gz`)
  } catch {
    return undefined
  }
}

class Thread implements PgliteDatabase {
  readonly #calls: WorkerCalls

  constructor(workerData: object) {
    this.#calls = new WorkerCalls(PGLITE_WORKER, workerData, 'PGlite', () => {
      if (server === this) server = undefined
    })
  }

  query(text: string, values?: readonly unknown[]): Promise<readonly SideRow[]> {
    return this.#calls.call('query', text, values)
  }

  exec(text: string): Promise<readonly SideRow[]> {
    return this.#calls.call('exec', text)
  }

  pretend(files: readonly PretendedFile[]): Promise<void> {
    return this.#calls.call('pretend', files)
  }

  restore(files: readonly PretendedFile[]): Promise<void> {
    return this.#calls.call('restore', files)
  }

  close(): Promise<void> {
    return this.#calls.terminate()
  }
}
