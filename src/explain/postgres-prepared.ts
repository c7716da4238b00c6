import type { SideConnection, SideRow } from '../model/side-connection.ts'

/** Statements of ours that a connection has prepared; `undefined` where preparing leads to nothing, as behind PgBouncer. */
const known = new WeakMap<SideConnection, Set<string> | 'never'>()

const TAG = '$nonplus$'

/**
 * Runs a statement of ours that is prepared once per connection, because planning it costs ten times its execution.
 *
 * @param values texts for its parameters.
 */
export async function queryPrepared(
  connection: SideConnection,
  name: string,
  text: string,
  values: readonly string[],
): Promise<readonly SideRow[]> {
  const names = known.get(connection) ?? new Set()
  // EXECUTE takes no parameters by the extended protocol, so they are written into it
  if (names === 'never' || connection.isShared || values.some((value) => value.includes(TAG)))
    return connection.query(text, values)
  if (!names.has(name)) {
    await connection.query(
      `PREPARE ${name}${values.length === 0 ? '' : `(${values.map(() => 'text').join(', ')})`} AS ${text}`,
    )
    known.set(connection, names.add(name))
  }
  const written = values.map((value) => TAG + value + TAG).join(', ')
  return connection.query(`EXECUTE ${name}${values.length === 0 ? '' : `(${written})`}`)
}

/**
 * True where a statement failed because what we had prepared is not there, or was there before: a pooler between us and the
 * server gives other connections. Nothing is prepared on this one any more; the transaction is to be begun again.
 */
export function isPreparedLost(connection: SideConnection, error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  if ((code !== '26000' && code !== '42P05') || known.get(connection) === 'never') return false
  known.set(connection, 'never')
  return true
}
