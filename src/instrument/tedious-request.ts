import { bindCallback } from './driver-call.ts'
import type { StatementMessage } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: tedious's own objects
type Any = any

/** Rows that are kept as possible sources of later parameters: they come one by one, and the driver keeps none. */
const MAX_KEPT_ROWS = 5_000

/**
 * Follows a request until its end: the callback says how it ended, the events bring columns and rows. tedious reads each
 * answer in the context of the request, so that events need no help to find their scope.
 */
export function watchRequest(request: Any, message: StatementMessage): void {
  // mssql collects the rows first, and only then are they there for the application
  message.isStreamed = message.acquiredAt === 0
  const rows: unknown[] = []
  let fields: unknown
  let results = 0
  let count = 0
  const { emit } = Object.getPrototypeOf(request)
  const watched = function (this: unknown, ...args: Any[]): unknown {
    const [event, value] = args
    if (event === 'row') {
      count++
      if (rows.length < MAX_KEPT_ROWS) rows.push(valuesOf(value))
    } else if (event === 'columnMetadata') {
      fields = value
      results++
    }
    return Reflect.apply(emit, this, args)
  }
  Object.defineProperty(request, 'emit', { value: watched, configurable: true, writable: true })
  const { callback } = request
  request.callback = bindCallback(callback, (error, rowCount) => {
    request.callback = callback
    Reflect.deleteProperty(request, 'emit')
    const hasFailed = error !== undefined && error !== null
    if (hasFailed) message.end(error, count)
    else message.end(undefined, Math.max(count, rowCount ?? 0), results === 1 ? { rows, fields } : undefined)
  })
}

/** A row is a list of cells, or an object of them where the connection names its columns. */
function valuesOf(row: Any): unknown[] {
  return (Array.isArray(row) ? row : Object.values(row ?? {})).map((cell: Any) => cell?.value)
}
