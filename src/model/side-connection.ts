import type { Engine } from './plan.ts'

/** A row as the server gave it: cells of JSON stay texts. */
export type SideRow = Readonly<Record<string, unknown>>

/**
 * A connection that nonplus has for itself, beside those of the application. What it sends is neither recorded nor
 * counted.
 */
export interface SideConnection {
  readonly engine: Engine
  /** `18.4`, `10.11.19-MariaDB`. */
  readonly serverVersion: string
  /** True where it is the application's own, of a server in its process: its session must stay as it is. */
  readonly isShared?: boolean
  /**
   * Runs exactly one statement: where the text holds two, the server or the driver refuses it. With the extended protocol
   * in PostgreSQL, and without `multipleStatements` in MySQL.
   *
   * @param values bound to its placeholders as the application's driver binds them.
   * @throws the driver's error, with its `code`.
   */
  query(text: string, values?: readonly unknown[]): Promise<readonly SideRow[]>
  /**
   * The same over the simple protocol of PostgreSQL, which takes no values and runs every statement of its text: for what
   * is proven to be one, or is nonplus's own. Absent where the driver has no such way.
   */
  simple?(text: string): Promise<readonly SideRow[]>
  /**
   * Another database, empty and in memory, of the same driver: where indexes are tried. Of SQLite only, and absent where the
   * driver has no such thing.
   */
  clone?(): Promise<SideConnection>
  /**
   * Runs a statement for each of these rows of values, in one transaction; leaves out those it is refused for. Of a clone
   * only.
   */
  each?(text: string, rows: readonly (readonly unknown[])[]): Promise<void>
  /** Closes it; never throws. Where it is the application's own, as in SQLite, that stays open. */
  close(): Promise<void>
}
