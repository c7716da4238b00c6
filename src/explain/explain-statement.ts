import type { Engine } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { checkText } from './check-text.ts'
import { explainMysql } from './mysql-explain.ts'
import { explainPostgres } from './postgres-explain.ts'
import { refuse } from './refusals.ts'
import type { ExplainOutcome, ExplainRequest } from './request.ts'
import { DEFAULT_TIMEOUT_MS, GRACE_MS } from './server-limits.ts'
import { explainSqlite } from './sqlite-explain.ts'

type Explain = (connection: SideConnection, request: ExplainRequest) => Promise<ExplainOutcome>

const engines: Readonly<Record<Engine, Explain>> = {
  postgres: explainPostgres,
  mysql: explainMysql,
  mariadb: explainMysql,
  sqlite: explainSqlite,
}

/**
 * Asks a database for the plan of one statement, and changes nothing there: nothing is written, no row is locked, nothing
 * waits longer than the request allows, and nothing stays behind on the connection. What cannot be explained so is refused,
 * with the reason.
 *
 * With `analyze` the statement is executed as well, but only one that is proven to read; where it is not, the plan comes
 * without having been executed, and `notAnalyzed` says why. MySQL, MariaDB and PostgreSQL differ in what they evaluate while
 * planning: see docs/explain-safety.md.
 *
 * One statement at a time on one connection. Never throws. A server that does not answer in time loses its connection.
 */
export async function explainStatement(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const refusal = checkText(request.text, request.dialect)
  if (refusal !== undefined) return { refusal }
  // planning, then executing
  const steps = request.mode === 'analyze' ? 2 : 1
  const deadlineMs = (request.timeoutMs ?? DEFAULT_TIMEOUT_MS) * steps + GRACE_MS
  return withinDeadline(connection, deadlineMs, engines[connection.engine](connection, request))
}

/** The last resort, where a server does not keep to its own timeout. */
async function withinDeadline(
  connection: SideConnection,
  deadlineMs: number,
  outcome: Promise<ExplainOutcome>,
): Promise<ExplainOutcome> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<ExplainOutcome>((resolve) => {
    timer = setTimeout(() => {
      void connection.close()
      resolve({ refusal: refuse('timeout') })
    }, deadlineMs)
  })
  try {
    return await Promise.race([outcome, late])
  } finally {
    clearTimeout(timer)
  }
}
