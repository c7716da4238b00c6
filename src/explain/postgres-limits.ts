import type { SideConnection } from '../model/side-connection.ts'
import { LOCK_TIMEOUT_MS } from './server-limits.ts'

/**
 * Runs something in a transaction that can write nothing, waits for nobody's lock, and is always rolled back; locks that
 * belong to the session are given back too.
 */
export async function readOnly<Result>(
  connection: SideConnection,
  timeoutMs: number,
  inside: () => Promise<Result>,
): Promise<Result> {
  await connection.query('BEGIN READ ONLY')
  try {
    await connection.query(
      `SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true),
        pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true)`,
      [String(timeoutMs), String(LOCK_TIMEOUT_MS), String(timeoutMs * 5)],
    )
    return await inside()
  } finally {
    await connection.query('ROLLBACK')
    // those of the application would go, too
    if (connection.isShared !== true) await connection.query('SELECT pg_catalog.pg_advisory_unlock_all()')
  }
}
