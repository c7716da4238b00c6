import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { replayOf } from './postgres-session.ts'
import type { ExplainRequest } from './request.ts'
import { countStatements } from './statement-count.ts'

const DEFAULT_TIMEOUT_MS = 2000

/** A transaction for plans, in the state that the application's connection had. */
export interface PostgresTransaction {
  query(text: string, values?: readonly unknown[]): Promise<readonly SideRow[]>
  /** The plan of the statement, or of another one, as EXPLAIN (FORMAT JSON) gives it. */
  explain(other?: ExplainRequest): Promise<readonly SideRow[]>
  /** Runs something and undoes it; undefined where it failed. */
  attempt<Value>(run: () => Promise<Value>): Promise<Value | undefined>
  /** Undoes everything. */
  close(): Promise<void>
}

/**
 * Begins a transaction in which a statement that was explained before is planned again and again; it is always rolled
 * back. Settings of the session are replayed in it.
 *
 * @throws the driver's error.
 */
export async function postgresTransaction(
  connection: SideConnection,
  request: ExplainRequest,
  { isReadOnly = true, timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS }: Partial<TransactionOptions> = {},
): Promise<PostgresTransaction> {
  const query: SideConnection['query'] = (text, values) => connection.query(text, values)
  await query(isReadOnly ? 'begin read only' : 'begin')
  const close = async (): Promise<void> => {
    await query('rollback').catch(() => undefined) // a connection that broke has rolled back
  }
  try {
    await query(`set local statement_timeout = ${timeoutMs}`)
    await query("set local lock_timeout = '100ms'")
    // compiles expressions even for EXPLAIN, and says nothing of costs
    const jit = "select pg_catalog.set_config('jit', 'off', true) from pg_catalog.pg_settings where name = 'jit'"
    const session = [...replayOf(request.session ?? []), jit]
    for (const text of session) await query(text)
  } catch (error) {
    await close()
    throw error
  }
  return {
    query,
    close,
    explain: (other = request) => explain(connection, other),
    async attempt(run) {
      await query('savepoint nonplus')
      try {
        return await run()
      } catch {
        return undefined
      } finally {
        await query('rollback to savepoint nonplus')
      }
    },
  }
}

interface TransactionOptions {
  readonly isReadOnly: boolean
  readonly timeoutMs: number
}

function explain(connection: SideConnection, { text, values }: ExplainRequest): Promise<readonly SideRow[]> {
  if (values !== undefined || !isGeneric(text)) return connection.query(`explain (format json) ${text}`, values ?? [])
  if (connection.simple === undefined || countStatements(text, 'postgresql') !== 1) {
    throw new Error('A statement whose parameters are not known cannot be planned over this driver.')
  }
  return connection.simple(`explain (format json, generic_plan) ${text}`)
}

/** Whether it has parameters whose values are to be bound. */
export function isGeneric(text: string): boolean {
  return /\$\d/.test(text)
}
