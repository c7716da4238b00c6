import type { Plan } from '../model/plan.ts'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import type { StatementKind } from '../model/statement.ts'
import { statementOf } from '../sql/statement.ts'
import * as T from '../sql/tokenizer.ts'
import { refusalOf } from './driver-error.ts'
import { changesBySubquery, changesSeveralTables, withoutLocks } from './mysql-locking.ts'
import { inKnownMode } from './mysql-mode.ts'
import { mysqlReach } from './mysql-reach.ts'
import { withSession } from './mysql-session.ts'
import { readPlan } from './read-plan.ts'
import { Refused, refuse } from './refusals.ts'
import type { ExplainOutcome, ExplainRequest } from './request.ts'
import { DEFAULT_TIMEOUT_MS, MOST_COST } from './server-limits.ts'

/**
 * Explains a statement on MySQL or MariaDB. A SELECT in a READ ONLY transaction, without its locking clauses; a change in
 * one that is rolled back, because READ ONLY refuses its plan. Both call functions, and lock rows that are found by a unique
 * key, while they plan: what could do so is refused before.
 */
export async function explainMysql(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  try {
    const { text } = request
    if (placeholderCount(text) > (request.values?.length ?? 0)) throw new Refused(refuse('unknown-parameters'))
    return await withSession(connection, request.session ?? [], () =>
      inKnownMode(connection, request, (known) => explainInside(connection, known)),
    )
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}

async function explainInside(connection: SideConnection, request: ExplainRequest): Promise<ExplainOutcome> {
  const { text, mode } = request
  const { kind } = statementOf(text, 'mysql')
  const { harm, readsView } = await mysqlReach(connection, text)
  if (harm !== undefined) throw new Refused(harm)
  const unlocked = withoutLocks(text)
  if (kind !== 'select') refuseLocks(text, kind, readsView || unlocked.isLocking)
  const bare = { ...request, text: unlocked.text }
  return inTransaction(connection, request, kind, async () => {
    const plan = await planned(connection, bare, kind)
    if (mode === 'plan') return { plan }
    const notAnalyzed = reasonNotToExecute(connection, kind, unlocked.isLocking, plan)
    return notAnalyzed === undefined ? analyzed(connection, bare, plan) : { plan, notAnalyzed }
  })
}

/** Planning these takes locks of rows, and may wait for them. */
function refuseLocks(text: string, kind: StatementKind, isIndirect: boolean): void {
  if (kind !== 'insert' && (changesSeveralTables(text) || isIndirect)) {
    throw new Refused(refuse('locks-rows', 'change by a join or a view'))
  }
  if (changesBySubquery(text)) throw new Refused(refuse('locks-rows', 'change by a subquery'))
}

async function inTransaction<Result>(
  connection: SideConnection,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: ExplainRequest,
  kind: StatementKind,
  inside: () => Promise<Result>,
): Promise<Result> {
  const limit =
    connection.engine === 'mariadb' ? `max_statement_time = ${timeoutMs / 1000}` : `max_execution_time = ${timeoutMs}`
  await connection.query(`SET SESSION ${limit}, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1`)
  // at SERIALIZABLE a SELECT locks what it reads, and below it an INSERT … SELECT does not
  await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
  await connection.query(kind === 'select' ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION')
  try {
    return await inside()
  } finally {
    await connection.query('ROLLBACK')
    await connection.query('SELECT RELEASE_ALL_LOCKS()')
  }
}

async function planned(connection: SideConnection, request: ExplainRequest, kind: StatementKind): Promise<Plan> {
  if (connection.engine === 'mysql' && hasJsonVersions(connection)) {
    // version 2 has no plan for changes of a single table
    await connection.query(`SET SESSION explain_json_format_version = ${kind === 'select' ? 2 : 1}`)
  }
  return (await explained(connection, 'EXPLAIN FORMAT=JSON', 'plan', request)).plan
}

async function analyzed(connection: SideConnection, request: ExplainRequest, plan: Plan): Promise<ExplainOutcome> {
  const command =
    connection.engine === 'mariadb'
      ? 'ANALYZE FORMAT=JSON'
      : `EXPLAIN ANALYZE FORMAT=${hasJsonVersions(connection) ? 'JSON' : 'TREE'}`
  try {
    const result = await explained(connection, command, 'analyze', request)
    // what MariaDB notes while it plans, it does not repeat when it executes
    const warnings = withoutRepeats([...plan.warnings, ...result.plan.warnings])
    return { plan: { ...result.plan, warnings, ...(result.isCut ? { isPartial: true } : {}) } }
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal.code === 'connection-failed') throw error
    return { plan, notAnalyzed: refusal }
  }
}

function withoutRepeats(warnings: Plan['warnings']): Plan['warnings'] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.message}`, warning])).values()]
}

async function explained(connection: SideConnection, command: string, mode: Plan['mode'], request: ExplainRequest) {
  const rows = await connection.query(`${command} ${request.text}`, request.values ?? [])
  // of the statement before, so at once
  const warnings = (await connection.query('SHOW WARNINGS')).map(warningOf)
  const cell = Object.values(rows[0] ?? {})[0]
  const { engine, serverVersion } = connection
  const plan = readPlan(typeof cell === 'string' ? cell : String(cell), { engine, serverVersion, mode })
  // a time that has run out cuts the tree, and only a warning tells
  const isCut = warnings.some(({ code }) => code === '1317' || code === '3024' || code === '1969')
  return { plan: { ...plan, warnings: [...plan.warnings, ...warnings] }, isCut }
}

function warningOf({ Code, Message }: SideRow): Plan['warnings'][number] {
  return { code: String(Code), message: String(Message) }
}

function reasonNotToExecute(connection: SideConnection, kind: StatementKind, isLocking: boolean, plan: Plan) {
  if (kind !== 'select') return refuse('analyze-writes')
  if (isLocking) return refuse('locks-rows')
  if (!canAnalyze(connection)) return refuse('analyze-unsupported')
  const cost = plan.root.totalCost
  if (cost !== undefined && cost > MOST_COST) return refuse('analyze-too-expensive', `cost ${Math.round(cost)}`)
  return undefined
}

function placeholderCount(text: string): number {
  const tokens = new T.Tokenizer(text, 'mysql')
  let count = 0
  while (tokens.next()) if (tokens.type === T.PLACEHOLDER && tokens.textOf(tokens.start, tokens.end) === '?') count++
  return count
}

function versionOf({ serverVersion }: SideConnection): number {
  const [major = 0, minor = 0, patch = 0] = serverVersion.split(/[.-]/).map(Number)
  return major * 10_000 + minor * 100 + (patch || 0)
}

/** Since 8.3. */
function hasJsonVersions(connection: SideConnection): boolean {
  return connection.engine === 'mysql' && versionOf(connection) >= 80_300
}

/** EXPLAIN ANALYZE is in MySQL since 8.0.18, ANALYZE in MariaDB since 10.1. */
function canAnalyze(connection: SideConnection): boolean {
  return versionOf(connection) >= (connection.engine === 'mysql' ? 80_018 : 100_100)
}
