import type { SideConnection } from '../model/side-connection.ts'
import { majorOf } from './postgres-version.ts'

const OPTIONS = 'FORMAT JSON, VERBOSE, SETTINGS'

/**
 * Text of the generic plan of a statement with placeholders; call it in a transaction that is rolled back.
 *
 * The statement is prepared, which every version does, by a way that takes one statement only. From PostgreSQL 16 on
 * GENERIC_PLAN also plans what PREPARE finds no types for; it goes by the simple protocol alone, so the text must be known to
 * be one statement.
 */
export async function genericPlanText(connection: SideConnection, text: string, placeholders: number): Promise<string> {
  await connection.query('SAVEPOINT nonplus_generic')
  try {
    return await prepared(connection, text, placeholders)
  } catch (error) {
    const isUntyped = (error as { code?: unknown }).code === '42P18'
    if (!isUntyped || connection.simple === undefined || majorOf(connection) < 16) throw error
    await connection.query('ROLLBACK TO nonplus_generic')
    return cellOf(await connection.simple(`EXPLAIN (GENERIC_PLAN, ${OPTIONS}) ${text}`))
  }
}

async function prepared(connection: SideConnection, text: string, placeholders: number): Promise<string> {
  await connection.query(`PREPARE nonplus_generic AS ${text}`)
  try {
    await connection.query("SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)")
    const nulls = Array.from({ length: placeholders }, () => 'NULL').join(', ')
    return cellOf(await connection.query(`EXPLAIN (${OPTIONS}) EXECUTE nonplus_generic(${nulls})`))
  } finally {
    // what is prepared outlives the transaction, and one that has failed takes nothing before it goes back
    await connection.query('ROLLBACK TO nonplus_generic')
    await connection.query('DEALLOCATE nonplus_generic')
  }
}

function cellOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  return String(rows[0]?.['QUERY PLAN'])
}
