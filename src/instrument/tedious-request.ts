import { bindCallback } from './driver-call.ts'
import type { StatementMessage } from './message.ts'
import { RowSample } from './row-sample.ts'

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
  const sample = new RowSample(MAX_KEPT_ROWS)
  let fields: unknown
  let results = 0
  const { emit } = Object.getPrototypeOf(request)
  const watched = function (this: unknown, ...args: Any[]): unknown {
    const [event, value] = args
    if (event === 'row') {
      sample.add(sample.isFull ? undefined : valuesOf(value))
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
    if (hasFailed) message.end(error, sample.count)
    else
      message.end(
        undefined,
        Math.max(sample.count, rowCount ?? 0),
        results === 1 ? sample.resultWith(fields) : undefined,
      )
  })
}

/** A row is a list of cells, or an object of them where the connection names its columns. */
function valuesOf(row: Any): unknown[] {
  return (Array.isArray(row) ? row : Object.values(row ?? {})).map((cell: Any) => cell?.value)
}
