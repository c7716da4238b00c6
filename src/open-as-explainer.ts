import type { Aside } from './instrument/aside.ts'
import type { SideConnection } from './model/side-connection.ts'

type Wrap = (handle: never, options: Pick<Aside, 'module'>) => Promise<SideConnection>

/** How the object of each driver is spoken to; loaded when the first is. */
const wrappers: Readonly<Record<Aside['driver'], () => Promise<Wrap>>> = {
  pg: async () => (await import('./explain/pg-connection.ts')).pgConnection,
  postgres: async () => (await import('./explain/postgres-connection.ts')).postgresConnection,
  mysql2: async () => (await import('./explain/mysql2-connection.ts')).mysql2Connection,
  mariadb: async () => (await import('./explain/mariadb-connection.ts')).mariadbConnection,
  'better-sqlite3': async () => (await import('./explain/better-sqlite3-connection.ts')).betterSqlite3Connection,
  pglite: async () => (await import('./explain/pglite-connection.ts')).pgliteConnection,
  'node:sqlite': async () => (await import('./explain/node-sqlite-connection.ts')).nodeSqliteConnection,
}

/**
 * A connection that was opened with the application's driver, as one that statements can be explained on.
 *
 * @throws the driver's error.
 */
export async function openAsExplainer({ driver, handle, ...options }: Aside): Promise<SideConnection> {
  const wrap = await wrappers[driver]()
  return await wrap(handle as never, options)
}
