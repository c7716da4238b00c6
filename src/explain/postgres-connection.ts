import type { SideConnection, SideRow } from '../model/side-connection.ts'

type Pending = Promise<unknown> & { raw(): Pending; simple(): Pending }

/** What is used of an instance of `postgres` (postgres.js). Made with `max: 1`, so that all goes over one connection. */
export interface PostgresSql {
  unsafe(text: string, values?: readonly unknown[], options?: object): Pending
  end(options?: { timeout?: number }): Promise<void>
}

interface RawResult extends ReadonlyArray<readonly (Uint8Array | null)[]> {
  readonly columns?: readonly { readonly name: string }[]
}

/**
 * A connection of nonplus's own over an instance of postgres.js that was made with `max: 1`. Closing it ends the instance.
 *
 * @throws the driver's error, where the server cannot be reached: postgres.js connects at the first statement.
 */
export async function postgresConnection(sql: PostgresSql): Promise<SideConnection> {
  // without `simple: false` postgres.js sends a text without values by the simple protocol
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly SideRow[]> =>
    rowsOf((await sql.unsafe(text, values, { simple: false, prepare: false }).raw()) as RawResult)
  const [version] = await query("select pg_catalog.current_setting('server_version') as version")
  return {
    engine: 'postgres',
    serverVersion: String(version?.version ?? '').split(' ')[0] ?? '',
    query,
    simple: async (text) => rowsOf((await sql.unsafe(text).simple().raw()) as RawResult),
    async close() {
      try {
        await sql.end({ timeout: 1 })
      } catch {
        // it was lost before
      }
    },
  }
}

function rowsOf(result: RawResult): SideRow[] {
  const names = (result.columns ?? []).map(({ name }) => name)
  return [...result].map((cells) => Object.fromEntries(names.map((name, at) => [name, textOf(cells[at])])))
}

function textOf(cell: Uint8Array | null | undefined): string | null {
  return cell === null || cell === undefined ? null : Buffer.from(cell).toString('utf8')
}
