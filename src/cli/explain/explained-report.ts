import { analyze } from '../../analyze.ts'
import type { ExplainedStatement, Refusal } from '../../model/plan.ts'
import type { Report, ReportPlan } from '../../model/report.ts'
import type { Dialect, Statement } from '../../model/statement.ts'
import type { ScopeInfo, Trace } from '../../model/trace.ts'
import type { ProfilerOptions } from '../../options.ts'
import { redactLiterals } from '../../sql/redact.ts'
import { statementOf } from '../../sql/statement.ts'
import { valuesOf } from '../../sql/values.ts'
import { ValueTable } from '../../value-table.ts'
import { version } from '../../version.ts'

/** A statement, and what was learnt about it. */
export interface Explained {
  /** Empty where a saved plan came without it. */
  readonly text: string
  readonly dialect: Dialect
  /** Of its placeholders, where they are known; no more of them is kept than their sizes. */
  readonly values?: readonly unknown[]
  /** Undefined where it was refused. */
  readonly explained?: Omit<ExplainedStatement, 'statement'>
  /** What was not done, and why. */
  readonly refusals: readonly Refusal[]
  /** Where in a text of several plans its own begins. */
  readonly line?: number
}

/** A report of each statement, in scopes of their own. */
export function reportsOfExplained(given: readonly Explained[], options: ProfilerOptions): Report[] {
  return given.map((each, index) => reportOfOne(each, `s${index + 1}`, options))
}

/** Of at least one report, all that stands in them. */
export function mergedReport(reports: readonly Report[]): Report {
  const [first, ...others] = reports as [Report, ...Report[]]
  return others.reduce(merged, first)
}

function merged(all: Report, one: Report): Report {
  const plans = [...(all.plans ?? []), ...(one.plans ?? [])]
  const { coverage } = all
  const counts = { ...coverage, seen: coverage.seen + 1, attributed: coverage.attributed + 1 }
  const planned = {
    explained: (coverage.plans?.explained ?? 0) + (one.coverage.plans?.explained ?? 0),
    notExplained: [...(coverage.plans?.notExplained ?? []), ...(one.coverage.plans?.notExplained ?? [])],
  }
  return {
    ...all,
    scopes: [...all.scopes, ...one.scopes],
    findings: [...all.findings, ...one.findings],
    ...(plans.length === 0 ? {} : { plans }),
    coverage: { ...counts, warnings: [...coverage.warnings, ...one.coverage.warnings], plans: planned },
  }
}

function reportOfOne(given: Explained, id: string, options: ProfilerOptions): Report {
  const { explained, refusals } = given
  const trace = traceOf(given, id)
  const [statement] = trace.statements as [Statement]
  const { durationMs } = trace.scope
  return {
    version: 1,
    tool: { name: 'nonplus', version },
    scopes: [{ ...trace.scope, queries: { count: 1, durationMs, rows: rowsOf(explained) } }],
    findings: analyze(trace, options),
    ...(explained === undefined ? {} : { plans: [planOf(statement, trace.scope.name, explained)] }),
    coverage: {
      seen: 1,
      attributed: 1,
      withCallSite: 0,
      drivers: [],
      warnings: explained === undefined ? [] : refusals.map(({ message }) => message),
      plans: {
        explained: explained === undefined ? 0 : 1,
        notExplained:
          explained === undefined
            ? refusals.map(({ code, message }) => ({ code, message, count: 1, example: statement.summary }))
            : [],
      },
    },
  }
}

/** One execution: where the statement was executed for its plan, of that time. */
function traceOf({ text, dialect, values: bound, explained }: Explained, id: string): Trace {
  const durationMs = explained?.plans[0]?.plan.executionTime ?? 0
  const scope: ScopeInfo = {
    id,
    name: 'explain',
    kind: 'block',
    startedAt: new Date().toISOString(),
    durationMs,
    attributes: {},
  }
  const values = new ValueTable()
  const parameters =
    bound === undefined ? undefined : valuesOf(text, dialect, bound).map((value) => values.cellOf(value))
  const plan = explained?.plans[0]?.plan
  // MariaDB has no node for what LIMIT lets through
  const isCounted = plan !== undefined && plan.mode !== 'plan' && plan.engine !== 'mariadb'
  return {
    version: 1,
    dialect,
    scope,
    root: process.cwd(),
    statements: [statementOf(text, dialect)],
    texts: [redactLiterals(text, dialect)],
    callSites: [],
    executions: [
      {
        id: 0,
        statement: 0,
        startMs: 0,
        durationMs,
        ...(isCounted ? { rows: rowsOf(explained) } : {}),
        ...(parameters === undefined ? {} : { parameters }),
      },
    ],
    folded: [],
    values: values.infos,
    rowsComplete: false,
    ...(explained === undefined ? {} : { plans: [{ ...explained, statement: 0 }] }),
  }
}

function rowsOf(explained: Explained['explained']): number {
  const root = explained?.plans[0]?.plan.root
  return Math.round((root?.actualRows ?? 0) * (root?.loops ?? 1))
}

function planOf(statement: Statement, scope: string, explained: NonNullable<Explained['explained']>): ReportPlan {
  const [first] = explained.plans
  if (first === undefined) throw new Error('An explained statement has a plan.')
  const sized = explained.tables.flatMap(({ name, rows }) => (rows === undefined ? [] : [[name, rows] as const]))
  return {
    fingerprint: statement.fingerprint,
    summary: statement.summary,
    scopes: [scope],
    plan: first.plan,
    tableRows: Object.fromEntries(sized),
    indexes: explained.tables.flatMap((table) => table.indexes.map(({ name }) => `${table.name}.${name}`)),
  }
}
