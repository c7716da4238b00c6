import { cellKey } from '../model/cell-key.ts'
import type { DuplicateQueryFinding } from '../model/finding.ts'
import { identityOf } from '../model/identity.ts'
import type { Execution, Frame, ResultSample, Trace } from '../model/trace.ts'
import { defineDetector } from './detector.ts'
import { isLocking } from './locking.ts'
import { isPolling } from './polling.ts'
import { areConcurrent } from './repetition.ts'
import { fieldsOf, inField, operationOf, relativePath, statementFor } from './subject.ts'

/** The same statement with the same parameters, while nothing was written to its tables in between. */
export const duplicateQuery = defineDetector({
  kind: 'duplicate-query',
  summary: 'The same statement with the same parameters, and nothing written to its tables in between.',
  defaults: {
    /** Executions that make a finding. 2: the second one already brought nothing. */
    threshold: 2,
  },
  detect(trace, { threshold }): DuplicateQueryFinding[] {
    return sameExecutions(trace)
      .flatMap((executions) => splitByWrites(trace, executions))
      .filter((executions) => executions.length >= Math.max(2, threshold) && !isPolling(executions))
      .flatMap((executions) => {
        const comparison = compareRows(executions)
        return comparison === 'differ' ? [] : [findingOf(trace, executions, comparison === 'equal')]
      })
  },
})

/** Executions of one statement with equal parameters; reads of tables only, since `select now()` may repeat. */
function sameExecutions(trace: Trace): Execution[][] {
  const groups = new Map<string, Execution[]>()
  for (const execution of trace.executions) {
    const statement = trace.statements[execution.statement]
    if (statement?.kind !== 'select' || statement.writes || statement.tables.length === 0) continue
    if (execution.error !== undefined || execution.parameters === undefined || isLocking(statement)) continue
    const key = `${execution.statement}\u001f${execution.parameters.map(cellKey).join('\u001f')}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [execution])
    else group.push(execution)
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}

/** A write to one of its tables, or one that may write anywhere, makes the next execution a re-read. */
function splitByWrites(trace: Trace, executions: readonly Execution[]): Execution[][] {
  const tables = new Set(trace.statements[executions[0]?.statement ?? -1]?.tables)
  const writes = trace.executions.filter(({ statement }) => {
    const { writes, tables: written = [] } = trace.statements[statement] ?? {}
    return writes === true && (written.length === 0 || written.some((table) => tables.has(table)))
  })
  const runs: Execution[][] = []
  let previous: Execution | undefined
  for (const execution of executions) {
    const since = previous
    const isReread = since !== undefined && writes.some(({ id }) => id > since.id && id < execution.id)
    if (since === undefined || isReread) runs.push([execution])
    else runs.at(-1)?.push(execution)
    previous = execution
  }
  return runs
}

function compareRows(executions: readonly Execution[]): 'equal' | 'differ' | 'unknown' {
  const [first, ...others] = executions
  if (executions.some(({ rows }) => rows === undefined)) return 'unknown'
  if (others.some(({ rows }) => rows !== first?.rows)) return 'differ'
  if (first?.rows === 0) return 'equal'
  if (executions.some(({ result, rows = 0 }) => (result?.values[0]?.length ?? 0) < rows)) return 'unknown'
  const expected = rowsKey(first?.result)
  return others.every(({ result }) => rowsKey(result) === expected) ? 'equal' : 'differ'
}

/** Rows as a multiset: without ORDER BY their order means nothing. */
function rowsKey(result: ResultSample | undefined): string {
  const [column] = result?.values ?? []
  const rows = column?.map((_, row) => result?.values.map((cells) => cellKey(cells[row] ?? 0)).join(',') ?? '')
  return rows?.sort().join(';') ?? ''
}

function findingOf(trace: Trace, executions: readonly Execution[], rowsEqual: boolean): DuplicateQueryFinding {
  const [first] = executions as [Execution]
  const statement = statementFor(trace, first.statement)
  const frames = framesOf(trace, executions[1] ?? first)
  const callSite = frames[0]
  const others = otherFrames(trace, executions, callSite)
  const fields = fieldsOf(executions)
  const operation = operationOf(executions)
  const count = executions.length
  const durationMs = executions.reduce((sum, execution) => sum + Math.max(0, execution.durationMs), 0)
  const concurrent = areConcurrent(executions)
  const table = statement.tables[0] ?? ''
  return {
    kind: 'duplicate-query',
    confidence: rowsEqual ? 'proven' : 'likely',
    severity: 'warning',
    identity: identityOf('duplicate-query', [
      statement.fingerprint,
      relativePath(trace.root, callSite?.file),
      callSite?.function ?? '',
    ]),
    scope: { id: trace.scope.id, name: trace.scope.name },
    title: `${count} × ${statement.summary} with the same parameters${inField(fields)}`,
    explanation: explain(count, table, rowsEqual, concurrent, others.length + 1),
    docs: 'nonplus/src/detectors/duplicate-query.md',
    ...(callSite === undefined ? {} : { callSite }),
    frames,
    ...(fields.length === 0 ? {} : { fields }),
    ...(operation === undefined ? {} : { operation }),
    statement,
    count,
    durationMs,
    rows: executions.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    concurrent,
    rowsEqual,
    otherCallSites: others,
    advice: {
      summary: concurrent
        ? 'Share one promise: start the query once and let everyone await the same result.'
        : `Read it once, and pass the rows on (or keep them for the length of the request): ${count} → 1 queries.`,
    },
    executions: executions.map(({ id }) => id),
  }
}

function explain(count: number, table: string, rowsEqual: boolean, concurrent: boolean, places: number): string {
  const where = places > 1 ? ` from ${places} places` : ''
  const when = concurrent ? ' before the first one had answered' : ''
  const rows = rowsEqual ? `all ${count} gave the same rows` : 'their rows could not be compared'
  return `The same question was asked ${count} times${where}${when}; nothing was written to ${table} in between, and ${rows}.`
}

function framesOf(trace: Trace, { callSite }: Execution): readonly Frame[] {
  return callSite === undefined ? [] : (trace.callSites[callSite]?.frames ?? [])
}

function otherFrames(trace: Trace, executions: readonly Execution[], shown: Frame | undefined): Frame[] {
  const places = new Map<string, Frame>()
  for (const execution of executions) {
    const [frame] = framesOf(trace, execution)
    if (frame !== undefined && (frame.file !== shown?.file || frame.line !== shown.line)) {
      places.set(`${frame.file}:${frame.line}`, frame)
    }
  }
  return [...places.values()]
}
