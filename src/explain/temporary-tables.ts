import type { SideConnection } from '../model/side-connection.ts'

const SETTINGS = `SHOW SESSION VARIABLES WHERE Variable_name IN ('log_bin', 'sql_log_bin', 'binlog_format', 'wsrep_on')`

/**
 * Runs something that makes temporary tables, where these stay on this server: outside of its binary log, and on no
 * cluster. Where they would be logged and the user may not switch that off, nothing is run.
 *
 * A log that holds rows, which is the default of MySQL, has nothing of temporary tables; MIXED, the default of MariaDB, has
 * the statements that make and drop them, and so has STATEMENT. Measured on MySQL 9.7 and MariaDB 10.11.
 *
 * @returns what undoes it; undefined where nothing may be made.
 */
export async function unloggedSession(connection: SideConnection): Promise<(() => Promise<void>) | undefined> {
  const rows = await connection.query(SETTINGS)
  const settings = new Map(
    rows.map((row) => [String(row.Variable_name).toLowerCase(), String(row.Value).toUpperCase()]),
  )
  if (settings.get('wsrep_on') === 'ON') return undefined
  const isLogged = settings.get('log_bin') === 'ON' && settings.get('sql_log_bin') !== 'OFF'
  if (!isLogged) return async () => undefined
  try {
    await connection.query('SET SESSION sql_log_bin = 0')
    return async () => {
      await connection.query('SET SESSION sql_log_bin = 1')
    }
  } catch {
    return settings.get('binlog_format') === 'ROW' ? async () => undefined : undefined
  }
}
