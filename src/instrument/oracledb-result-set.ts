import type { StatementMessage } from './message.ts'
import { RowSample } from './row-sample.ts'

// biome-ignore lint/suspicious/noExplicitAny: oracledb's own objects
type Any = any

/**
 * A result set is read by the application, or by a stream, row by row; the statement ends with its last row, or when it
 * is closed. Its methods are replaced on the object, which is used once.
 */
export function watchResultSet(resultSet: Any, message: StatementMessage): void {
  message.isStreamed = true
  const sample = new RowSample()
  const fields = resultSet.metaData
  const end = (error?: unknown): void => message.end(error, sample.count, sample.resultWith(fields))
  const note = (read: readonly unknown[] | undefined, isLast: boolean): void => {
    if (read === undefined || read === null) return
    sample.addAll(read)
    if (isLast) end()
  }
  replace(resultSet, 'getRow', end, (row) => (row === undefined || row === null ? end() : note([row], false)))
  replace(resultSet, 'getRows', end, (read, asked) => note(read, asked === 0 || read?.length < asked))
  replace(resultSet, 'close', end, () => end())
  // a stream that is left early closes what is behind it
  if (typeof resultSet._impl === 'object') replace(resultSet._impl, 'close', end, () => end())
}

function replace(
  resultSet: Any,
  name: string,
  end: (error: unknown) => void,
  see: (result: Any, asked: number) => void,
) {
  const original = resultSet[name]
  if (typeof original !== 'function') return
  Object.defineProperty(resultSet, name, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: Any[]): unknown {
      const [asked = 0] = args
      const callback = args.at(-1)
      if (typeof callback === 'function') {
        args[args.length - 1] = function (this: unknown, error: unknown, result: Any): unknown {
          if (error) end(error)
          else see(result, typeof asked === 'number' ? asked : 0)
          return Reflect.apply(callback, this, [error, result])
        }
        return Reflect.apply(original, this, args)
      }
      return settle(Reflect.apply(original, this, args), end, (result) => see(result, asked))
    },
  })
}

async function settle(promise: unknown, end: (error: unknown) => void, see: (result: Any) => void): Promise<Any> {
  try {
    const result = await promise
    see(result)
    return result
  } catch (error) {
    end(error)
    throw error
  }
}
