import { statementStart, subscribeGuarded } from '../instrument/channel.ts'
import { installHttpScopes } from '../instrument/http.ts'
import type { StatementMessage } from '../instrument/message.ts'
import type { FindingKind } from '../model/finding.ts'
import type { DriverCoverage, Report } from '../model/report.ts'
import type { StatementKind } from '../model/statement.ts'
import type { Execution, Frame, Trace } from '../model/trace.ts'
import { runSettings } from '../outer-run.ts'
import { profileBlock } from '../profiler.ts'
import type { Block } from './block.ts'
import { warnOfOuterServer } from './warn-of-data.ts'

/** Executions of one shape at one place. Transaction control is left out: nobody means it when counting queries. */
export interface Query {
  /** 1, or the number of those that were folded. */
  readonly count: number
  readonly summary: string
  readonly fingerprint: string
  /** With its literals replaced. */
  readonly text: string
  readonly kind: StatementKind
  readonly tables: readonly string[]
  readonly durationMs: number
  readonly rows: number
  readonly callSite?: Frame
  /** Only where values were asked for. */
  readonly values?: string
  /** Since the block began; -1 for folded ones. */
  readonly startMs: number
  /** It ran beside others. */
  readonly concurrent: boolean
}

/** What a block did. */
export interface Measured<Result = unknown> {
  readonly result: Result
  readonly report: Report
  /** In start order, those of requests it sent to a server of its own process included. */
  readonly queries: readonly Query[]
  /** Sum over {@link queries}. */
  readonly count: number
  readonly rows: number
  /** Sum of the time of the statements. */
  readonly databaseMs: number
  /** True where no driver is watched: then nothing can be said, least of all that nothing ran. */
  readonly isBlind: boolean
}

/** How a block is measured. */
export interface MeasureOptions {
  /** Kinds to look for; all where absent. */
  readonly only?: readonly FindingKind[]
  /** True where the assertion fails on findings: then the test around it does not report them once more. */
  readonly isJudged?: boolean
}

/**
 * Runs a block as a scope of its own and reads what it sent.
 *
 * @throws what the block throws.
 */
export async function measure<Result>(
  name: string,
  block: Block<Result>,
  { isJudged = false, ...options }: MeasureOptions = {},
): Promise<Measured<Result>> {
  // requests inside are judged one by one
  if (process.env.NONPLUS !== '0') installHttpScopes()
  const outer = new OuterRequests()
  const { result, report, trace, values } = await profileBlock(
    name === '' ? 'block' : name,
    block,
    { callSites: 'all', values: wantsValues(), ...options },
    isJudged,
  ).finally(() => outer.stop())
  const queries = queriesOf(trace, values)
  if (queries.length === 0 && outer.queries > 0) warnOfOuterServer(name, outer.queries)
  return {
    result,
    report,
    queries,
    count: countOf(queries),
    rows: queries.reduce((sum, query) => sum + query.rows, 0),
    databaseMs: queries.reduce((sum, query) => sum + query.durationMs, 0),
    isBlind: !report.coverage.drivers.some(isWatched),
  }
}

/** Counts what requests send that belong to no block or test. */
class OuterRequests {
  queries = 0
  readonly stop: () => void = subscribeGuarded<StatementMessage>(statementStart, ({ scope }) => {
    if (scope.kind === 'request' && scope.parent === undefined) this.queries++
  })
}

/** Asked for by the environment, or by the configuration of the whole suite. */
function wantsValues(): boolean {
  const { NONPLUS_VALUES } = process.env
  if (NONPLUS_VALUES !== undefined && NONPLUS_VALUES !== '') return NONPLUS_VALUES === '1'
  return runSettings()?.options.values === true
}

/** How many executions these are. */
export function countOf(queries: readonly Query[]): number {
  return queries.reduce((sum, { count }) => sum + count, 0)
}

function isWatched({ via }: DriverCoverage): boolean {
  return via !== 'none'
}

function queriesOf(trace: Trace, values: readonly string[] | undefined): Query[] {
  const helpers = helpersIn(trace)
  const read = ({ statement, callSite }: Pick<Execution, 'statement' | 'callSite'>) => {
    const { summary, fingerprint, kind, tables } = trace.statements[statement] as Trace['statements'][number]
    const site = callSite === undefined ? undefined : trace.callSites[callSite]
    const frame = site?.frames.find((one) => !helpers.has(placeKey(one))) ?? site?.frames[0]
    const text = trace.texts[statement] ?? fingerprint
    return {
      summary,
      fingerprint,
      text,
      kind,
      tables,
      ...(frame && { callSite: frame }),
      concurrent: !!site?.concurrent,
    }
  }
  const queries: Query[] = trace.executions.map((execution) => {
    const { id, durationMs, rows = 0, startMs } = execution
    const told = values?.[id] === undefined ? {} : { values: values[id] }
    return { ...read(execution), count: 1, durationMs: Math.max(durationMs, 0), rows, startMs, ...told }
  })
  for (const folded of trace.folded) {
    const { count, durationMs, rows } = folded
    queries.push({ ...read(folded), count, durationMs, rows, startMs: -1 })
  }
  return queries.filter(({ kind }) => kind !== 'transaction')
}

/** Places that send statements of several shapes: a helper that every query goes through says nothing about one of them. */
function helpersIn({ executions, callSites }: Trace): Set<string> {
  const statements = new Map<string, Set<number>>()
  for (const { statement, callSite } of executions) {
    for (const frame of callSite === undefined ? [] : (callSites[callSite]?.frames ?? [])) {
      const key = placeKey(frame)
      statements.set(key, (statements.get(key) ?? new Set()).add(statement))
    }
  }
  return new Set([...statements].filter(([, { size }]) => size > 1).map(([key]) => key))
}

function placeKey({ file, line, column }: Frame): string {
  return `${file}:${line}:${column}`
}
