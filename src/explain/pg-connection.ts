import type { SideConnection, SideRow } from '../model/side-connection.ts'

/** What is used of a connected `Client` of `pg`, or of one that a pool has lent. */
export interface PgClient {
  query(config: object): Promise<{ readonly rows: readonly SideRow[] }>
  end?(): Promise<void>
  release?(destroy?: boolean): void
}

/** Cells stay the texts of the server: `JSON.parse` would take digits from 64-bit identifiers. */
const types = { getTypeParser: () => (text: unknown) => text }

/**
 * A connection of nonplus's own over a client of `pg` that is connected. Closing it ends the client, or gives one of a
 * pool back to be destroyed.
 *
 * @throws the driver's error, where the server does not answer.
 */
export async function pgConnection(client: PgClient): Promise<SideConnection> {
  const run = async (config: object): Promise<readonly SideRow[]> => (await client.query({ types, ...config })).rows
  const query = (await takesExtended(run)) ? byQueryMode(run) : byName(run)
  const [version] = await query("select pg_catalog.current_setting('server_version') as version")
  return {
    engine: 'postgres',
    serverVersion: String(version?.version ?? '').split(' ')[0] ?? '',
    query,
    simple: (text) => run({ text }),
    async close() {
      try {
        if (client.release === undefined) await client.end?.()
        else client.release(true)
      } catch {
        // it was lost before
      }
    },
  }
}

type Run = (config: object) => Promise<readonly SideRow[]>

/** Older versions of pg do not know `queryMode`, and send a text without values by the simple protocol. Asked, not guessed. */
async function takesExtended(run: Run): Promise<boolean> {
  try {
    await run({ text: 'select 1; select 2', queryMode: 'extended' })
    return false
  } catch (error) {
    if ((error as { code?: unknown }).code === '42601') return true
    throw error
  }
}

function byQueryMode(run: Run): SideConnection['query'] {
  return (text, values = []) => run({ text, values, queryMode: 'extended' })
}

/** A name makes every version prepare, which takes one statement only; what is prepared so is forgotten at once. */
function byName(run: Run): SideConnection['query'] {
  let count = 0
  return async (text, values = []) => {
    const name = `nonplus_side_${++count}`
    const rows = await run({ name, text, values })
    await run({ text: `deallocate ${name}` }).catch(() => undefined) // a transaction that failed takes nothing more
    return rows
  }
}
