import type { Frame } from '../model/trace.ts'
import { paint, printable, truncate } from './layout.ts'
import { formatPlace } from './place.ts'
import { formatCount } from './quantity.ts'
import type { ReporterContext } from './reporter.ts'

/** One or more executions of a shape, as the list of queries shows them. */
export interface ListedQuery {
  readonly count: number
  readonly summary: string
  readonly fingerprint: string
  readonly callSite?: Frame
  /** Of the execution; only where values were asked for. */
  readonly values?: string
}

const groupsShown = 15

/**
 * What ran, grouped by shape and line, in the order of first runs.
 *
 * @returns lines cut to the width of the context, without indentation.
 */
export function renderQueryList(queries: readonly ListedQuery[], context: ReporterContext): string[] {
  const groups = groupQueries(queries)
  const shown = groups.slice(0, groupsShown)
  const counts = shown.map(({ count }) => formatCount(count))
  const summaries = shown.map(({ summary }) => truncate(printable(summary), 40))
  const [countWidth, summaryWidth] = [counts, summaries].map((texts) => Math.max(...texts.map(({ length }) => length)))
  const lines = shown.flatMap(({ callSite, values }, index) => {
    const head = `${(counts[index] as string).padStart(countWidth as number)} × ${summaries[index]}`
    const place = callSite === undefined ? 'call site lost' : formatPlace(callSite, context.cwd)
    const line = `${head.padEnd((countWidth as number) + 3 + (summaryWidth as number))}   ${place}`
    const told = values === undefined ? [] : [`${' '.repeat((countWidth as number) + 3)}${printable(values)}`]
    return [line, ...told].map((one) => truncate(one, Math.max(context.width - 2, 20)))
  })
  const hidden = groups.slice(groupsShown)
  if (hidden.length === 0) return lines
  const rest = hidden.reduce((sum, { count }) => sum + count, 0)
  return [...lines, paint(`${formatCount(rest)} more, of ${formatCount(hidden.length)} shapes`, ['dim'], context.color)]
}

function groupQueries(queries: readonly ListedQuery[]): ListedQuery[] {
  const groups = new Map<string, ListedQuery>()
  for (const query of queries) {
    const { file, line, column } = query.callSite ?? {}
    const key = [query.fingerprint, file, line, column].join('\u001f')
    const known = groups.get(key)
    groups.set(key, known === undefined ? query : together(known, query))
  }
  return [...groups.values()]
}

function together(known: ListedQuery, { count, values }: ListedQuery): ListedQuery {
  const isNew = values !== undefined && known.values?.includes(values) === false
  return { ...known, count: known.count + count, ...(isNew ? { values: `${known.values} ${values}` } : {}) }
}
