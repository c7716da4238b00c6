import { bindCallback } from './driver-call.ts'
import { endWithResult } from './mariadb-result.ts'
import type { StatementMessage } from './message.ts'
import { RowSample } from './row-sample.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/** A readable stream of rows, whichever way it is read: what goes in is counted. Its listeners run in its scope. */
export function watchStream(stream: Any, message: StatementMessage): void {
  message.isStreamed = true
  message.hasCallback = true
  const sample = new RowSample()
  let fields: unknown
  const { push, emit } = stream
  hide(stream, 'push', function (this: unknown, ...args: Any[]): unknown {
    const [row] = args
    if (row === null) message.end(undefined, sample.count, sample.resultWith(fields))
    else sample.add(row)
    return Reflect.apply(push, this, args)
  })
  hide(
    stream,
    'emit',
    bindCallback(emit, (event, value) => {
      if (event === 'fields') {
        fields = value
        message.result = sample.resultWith(fields)
      } else if (event === 'error' && value !== undefined) message.end(value, sample.count)
      else if (event === 'close') message.end(undefined, sample.count, sample.resultWith(fields))
    }),
  )
}

/** What the callback API returns where it was given no callback: an emitter of rows. */
export function watchCommand(command: Any, message: StatementMessage): void {
  message.hasCallback = true
  const { emit, resolve, reject } = command
  hide(command, 'emit', bindCallback(emit))
  if (typeof reject !== 'function') {
    message.end(new Error('not sent: the connection is closed'), 0)
    return
  }
  command.resolve = (result: unknown): unknown => {
    endWithResult(message, result)
    return resolve(result)
  }
  command.reject = (error: unknown): unknown => {
    message.end(error, 0)
    return reject(error)
  }
}

function hide(target: object, name: string, value: Any): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false })
}
