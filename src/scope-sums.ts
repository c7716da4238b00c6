import type { OrmCall } from './instrument/operation.ts'
import { currentScope } from './instrument/scope.ts'
import type { ReportScope } from './model/report.ts'
import type { ScopeRecord } from './recorder.ts'

/** Statements of a scope so far; transaction control is not counted. */
export interface QuerySums {
  readonly count: number
  /** In the database, of those that have ended; statements that ran side by side count each. */
  readonly durationMs: number
  /** Read or changed. */
  readonly rows: number
}

/**
 * What the scope that is open here has asked the database so far: for the line that an access log writes per request.
 *
 * @returns undefined outside any scope, and where nonplus is not loaded or turned off.
 */
export function currentQueries(): QuerySums | undefined {
  const scope = currentScope()
  if (scope === undefined || scope.isClosed || scope.ignoreReason !== undefined) return undefined
  const { record } = scope
  if (record === undefined) return { count: 0, durationMs: 0, rows: 0 }
  const { count, durationMs, rows } = sumsOf(record as ScopeRecord)
  return { count, durationMs, rows }
}

/** The sums over what a scope has sent. */
export function sumsOf({ messages, folded }: ScopeRecord): ReportScope['queries'] {
  let count = 0
  let durationMs = 0
  let rows = 0
  const calls = new Set<OrmCall>()
  for (const message of messages) {
    if (message.call !== undefined) calls.add(message.call)
    if (message.statement?.kind === 'transaction') continue
    count++
    if (!message.hasEnded) continue
    durationMs += message.endedAt - message.startedAt
    rows += message.rows
  }
  for (const sums of folded.values()) {
    if (sums.statement.kind === 'transaction') continue
    count += sums.count
    durationMs += sums.durationMs
    rows += sums.rows
  }
  return { count, durationMs, rows, ...operationsIn(calls) }
}

/** Told where it is more than the statements can say: an ORM gathered calls. */
function operationsIn(calls: ReadonlySet<OrmCall>): { operations?: number } {
  let operations = 0
  for (const { together } of calls) operations += together
  return operations > calls.size ? { operations } : {}
}
