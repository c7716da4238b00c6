import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { mysqlSide, rowsOf } from './mysql-side.ts'
import { isControl, withValues } from './mysql-text.ts'

/** What is used of a connection of `mariadb`, of its promises. */
export interface MariadbConnection {
  query(options: object): Promise<unknown>
  execute(options: object): Promise<unknown>
  escape(value: unknown): string
  escapeId(name: string): string
  destroy(): void
}

const plain = {
  rowsAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
  bigIntAsNumber: true,
  metaAsArray: false,
}

/**
 * A connection of nonplus's own over one of `mariadb`. Statements are prepared, so that the server takes only one, whatever
 * `multipleStatements` says; values are written into the text, as `query()` does. Closing it destroys the connection.
 *
 * @throws the driver's error, where the server does not answer.
 */
export async function mariadbConnection(connection: MariadbConnection): Promise<SideConnection> {
  const escapes = {
    value: (value: unknown) => connection.escape(value === undefined ? null : value),
    name: (name: string) => connection.escapeId(name),
  }
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> => {
    const sql = values.length === 0 ? text : withValues(text, values, escapes)
    const options = { ...plain, sql }
    return rowsOf(await (isControl(sql) ? connection.query(options) : connection.execute(options)))
  }
  return mysqlSide(query, () => connection.destroy())
}
