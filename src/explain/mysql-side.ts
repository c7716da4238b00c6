import type { SideConnection, SideRow } from '../model/side-connection.ts'

/** What the connections of all drivers of MySQL and MariaDB share; only how they send a statement, and end, differs. */
export async function mysqlSide(query: SideConnection['query'], destroy: () => void): Promise<SideConnection> {
  const [first] = await query('select version() as version')
  const serverVersion = String(first?.version ?? '')
  return {
    engine: /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql',
    serverVersion,
    query,
    async close() {
      try {
        destroy()
      } catch {
        // it was lost before
      }
    },
  }
}

/** Rows of what a driver answered; what gives none has none. */
export function rowsOf(result: unknown): readonly SideRow[] {
  return Array.isArray(result) ? result : []
}
