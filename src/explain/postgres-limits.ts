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
  const ms = [timeoutMs, LOCK_TIMEOUT_MS, timeoutMs * 5].map((time) => Math.round(time))
  const limits = `SELECT pg_catalog.set_config('statement_timeout', '${ms[0]}', true),
    pg_catalog.set_config('lock_timeout', '${ms[1]}', true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '${ms[2]}', true)`
  const begin = 'BEGIN READ ONLY'
  if (connection.simple === undefined) await connection.query(begin)
  try {
    // statements of our own, in one round trip where the driver has a way
    if (connection.simple === undefined) await connection.query(limits)
    else await connection.simple(`${begin}; ${limits}`)
    return await inside()
  } finally {
    await end(connection)
  }
}

const UNLOCK = 'SELECT pg_catalog.pg_advisory_unlock_all()'

async function end(connection: SideConnection): Promise<void> {
  if (connection.simple !== undefined) {
    await connection.simple(`ROLLBACK; ${UNLOCK}`)
    return
  }
  await connection.query('ROLLBACK')
  // those of the application would go, too
  if (!connection.isShared) await connection.query(UNLOCK)
}
