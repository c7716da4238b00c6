import type { Dialect, Statement } from '../src/model/statement.ts'
import type { CallSite, Execution, Frame, ResultSample, Trace } from '../src/model/trace.ts'
import { redactLiterals } from '../src/sql/redact.ts'
import { statementOf } from '../src/sql/statement.ts'
import { valuesOf } from '../src/sql/values.ts'
import { ValueTable } from '../src/value-table.ts'

/**
 * Builds a trace from one line per execution:
 *
 *     posts.ts:10              | select * from posts            | []  | id=1,2 author_id=7,8
 *     db.ts:5 < posts.ts:24    | select * from users where id = $1 | [7] | id=7
 *     db.ts:5 << posts.ts:24   | …                                       posts.ts awaited it, and was not on the stack
 *     & posts.ts:24            | …                                       started together with the line above
 *     posts.ts:24              | …                              | [8] | ! 40001
 *     posts.ts:24              | …                              | [8] | 3 rows
 *     (load < GET /posts)      | …                              | ?   | 3 rows
 *
 * The call site is a chain, innermost first, or `?` where it was lost, or the spans around it; the function is the file's
 * name. Parameters that were not seen are `?`. Each execution takes one millisecond. Rows are columns with their values, a number of rows that were not kept, `? rows` where even that is not known, or
 * an error code.
 */
export function traceOf(
  text: string,
  options: { dialect?: Dialect; rowsComplete?: boolean; orm?: string } = {},
): Trace {
  const dialect = options.dialect ?? 'postgresql'
  const statements: Statement[] = []
  const texts: string[] = []
  const callSites: CallSite[] = []
  const spanPaths: string[] = []
  const values = new ValueTable()
  let startMs = -1
  const executions = linesOf(text).map(([place = '', sql = '', parameters = '[]', outcome = ''], id): Execution => {
    const isTogether = place.startsWith('&')
    if (!isTogether) startMs += 2
    const statement = statementOf(sql, dialect)
    if (!statements.includes(statement)) {
      statements.push(statement)
      texts.push(redactLiterals(sql, dialect))
    }
    const spanPath = /^\((.*)\)$/.exec(place.replace('&', '').trim())?.[1]
    if (spanPath !== undefined && !spanPaths.includes(spanPath)) spanPaths.push(spanPath)
    const frames = spanPath === undefined ? framesOf(place.replace('&', '')) : []
    const awaiting = place.split('<<', 1)[0]?.split('<').length ?? 0
    if (frames.length > 0)
      callSites.push({ frames, concurrent: isTogether, ...(awaiting < frames.length ? { awaiting } : {}) })
    const bound = parameters === '?' ? undefined : (JSON.parse(parameters) as unknown[])
    return {
      id,
      statement: statements.indexOf(statement),
      ...(frames.length > 0 ? { callSite: callSites.length - 1 } : {}),
      ...(spanPath === undefined ? {} : { spanPath: spanPaths.indexOf(spanPath) }),
      startMs,
      durationMs: 1,
      connection: 1,
      ...(options.orm === undefined ? {} : { orm: options.orm }),
      ...(bound === undefined
        ? {}
        : { parameters: valuesOf(sql, dialect, bound).map((value) => values.cellOf(value)) }),
      ...outcomeOf(outcome, values),
    }
  })
  return {
    version: 1,
    dialect,
    root: '/app',
    scope: {
      id: 's1',
      name: 'GET /test',
      kind: 'request',
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: startMs + 3,
      attributes: {},
    },
    statements,
    texts,
    callSites,
    ...(spanPaths.length === 0 ? {} : { spanPaths: spanPaths.map((path) => path.split(' < ')) }),
    executions,
    folded: [],
    values: values.infos,
    rowsComplete: options.rowsComplete ?? true,
  }
}

function linesOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(' | ').map((part) => part.trim()))
}

function framesOf(place: string): Frame[] {
  if (place.trim() === '?') return []
  return place.split(/<+/).map((part) => {
    const [name = '', line = '1', column = '1'] = part.trim().split(':')
    return { file: `/app/${name}`, line: Number(line), column: Number(column), function: name.replace(/\.\w+$/, '') }
  })
}

function outcomeOf(text: string, values: ValueTable): Pick<Execution, 'rows' | 'error' | 'result'> {
  if (text.startsWith('!')) return { error: text.slice(1).trim() }
  if (text === '? rows') return {}
  const unkept = /^(\d+) rows?$/.exec(text)
  if (unkept !== null) return { rows: Number(unkept[1]) }
  const columns = text.split(' ').filter((part) => part.includes('='))
  if (columns.length === 0) return { rows: 0 }
  const result: ResultSample = {
    columns: columns.map((part) => ({ name: part.slice(0, part.indexOf('=')) })),
    values: columns.map((part) =>
      part
        .slice(part.indexOf('=') + 1)
        .split(',')
        .map((value) => values.cellOf(value)),
    ),
  }
  return { rows: result.values[0]?.length ?? 0, result }
}
