import type { CatalogTable, ExplainedStatement, Plan, VerifiedBy, VerifiedIndex } from '../src/model/plan.ts'
import type { Trace } from '../src/model/trace.ts'
import { openPatternsOf } from '../src/sql/open-patterns.ts'
import { statementOf } from '../src/sql/statement.ts'
import { traceOf } from './trace-of.ts'

/** What a plan does not tell. */
export interface Explained {
  readonly sql: string
  /** Bound values. @default [] */
  readonly values?: readonly unknown[]
  /** Rows that each execution gave, by the driver. Absent where it did not tell. */
  readonly rows?: number
  /** Executions in the scope. @default 1 */
  readonly executions?: number
  /** Milliseconds of each. @default 50 */
  readonly durationMs?: number
  readonly tables?: readonly CatalogTable[]
  readonly indexes?: readonly VerifiedIndex[]
  readonly verifiedBy?: VerifiedBy | 'none'
  readonly generic?: Plan
  readonly batched?: ExplainedStatement['batched']
}

const dialects = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const

/**
 * Builds a trace of a scope that runs one statement, with its plans: one per class of its parameters. A plan is taken as
 * it is, so redact it first where the test is about that.
 */
export function explainedTrace(plans: Plan | readonly Plan[], given: Explained): Trace {
  const all = 'root' in plans ? [plans] : plans
  const { sql, values = [], rows, executions = 1, durationMs = 50 } = given
  const dialect = dialects[all[0]?.engine ?? 'postgres']
  const outcome = rows === undefined ? '? rows' : `${rows} rows`
  const text = sql.replaceAll(/\s+/g, ' ').trim()
  const line = `orders.ts:7 | ${text} | ${JSON.stringify(values)} | ${outcome}`
  const trace = traceOf(Array.from({ length: executions }, () => line).join('\n'), { dialect })
  const openPatterns = openPatternsOf(text, dialect, values)
  const statement = trace.statements.indexOf(statementOf(text, dialect))
  return {
    ...trace,
    scope: { ...trace.scope, durationMs: executions * (durationMs + 1) },
    executions: trace.executions.map((execution, index) => ({
      ...execution,
      startMs: index * (durationMs + 1),
      durationMs,
    })),
    plans: [
      {
        statement,
        plans: all.map((plan) => ({
          plan,
          executions,
          ...(rows === undefined ? {} : { rows }),
          ...(openPatterns.length === 0 ? {} : { openPatterns }),
        })),
        tables: given.tables ?? [],
        indexes: given.indexes ?? [],
        ...(given.verifiedBy === undefined ? {} : { verifiedBy: given.verifiedBy }),
        ...(given.generic === undefined ? {} : { generic: given.generic }),
        ...(given.batched === undefined ? {} : { batched: given.batched }),
      },
    ],
  }
}
