/** Drivers that nonplus can open a connection of its own with. */
export type AsideDriver = 'pg' | 'postgres' | 'mysql2' | 'mariadb' | 'better-sqlite3' | 'node:sqlite' | 'pglite'

/**
 * A connection that nonplus opened for itself with the driver of the application, and its settings; a database that is
 * in the process has one only, which is then the application's own.
 */
export interface Aside {
  readonly driver: AsideDriver
  /** As the driver made it: a client of pg, an instance of postgres.js, a connection, a database. */
  readonly handle: object
  /** What the driver is required by in a thread; absent where it cannot be. */
  readonly module?: string
}

/** Longest time a connection may take. Milliseconds. */
export const ASIDE_TIMEOUT_MS = 5_000

/** A socket, as far as it must not keep the process alive. */
interface Unrefable {
  unref?: () => unknown
}

/** Lets the process end, whatever becomes of this socket or timer. */
export function letGo(resource: unknown): void {
  ;(resource as Unrefable | null | undefined)?.unref?.()
}
