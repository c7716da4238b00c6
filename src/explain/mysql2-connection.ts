import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { mysqlSide, rowsOf } from './mysql-side.ts'
import { isControl, withValues } from './mysql-text.ts'

interface Promised {
  query(options: object): Promise<readonly [unknown, unknown]>
  execute(options: object): Promise<readonly [unknown, unknown]>
  unprepare(text: string): unknown
  escape(value: unknown): string
  escapeId(name: string): string
  end?(): Promise<void>
  destroy?(): void
  release?(): void
}

/** What is used of a connection of `mysql2`, of its callbacks or of its promises. */
export type Mysql2Connection = object & { promise?(): object }

const plain = { rowsAsArray: false, nestTables: false, namedPlaceholders: false, typeCast: true }

/**
 * A connection of nonplus's own over one of `mysql2`. Statements are prepared, so that the server takes only one, whatever
 * `multipleStatements` says; values are written into the text, as `query()` does. Closing it destroys the connection.
 *
 * @throws the driver's error, where the server does not answer.
 */
export async function mysql2Connection(connection: Mysql2Connection): Promise<SideConnection> {
  const promised = (connection.promise === undefined ? connection : connection.promise()) as Promised
  const escapes = {
    value: (value: unknown) => promised.escape(value === undefined ? null : value),
    name: (name: string) => promised.escapeId(name),
  }
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> => {
    const sql = values.length === 0 ? text : withValues(text, values, escapes)
    const options = { ...plain, sql }
    if (isControl(sql)) return rowsOf((await promised.query(options))[0])
    try {
      return rowsOf((await promised.execute(options))[0])
    } finally {
      promised.unprepare(sql)
    }
  }
  return mysqlSide(query, () => promised.destroy?.())
}
