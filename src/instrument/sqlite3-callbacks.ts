import { callIn } from './call-in.ts'
import type { StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { RowSample } from './row-sample.ts'
import { sqliteResultOf } from './sqlite-rows.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: sqlite3's own objects
type Any = any

/**
 * Replaces the callback among `args` by one that ends the execution first. Where there is none, the error that sqlite3
 * would emit is emitted here.
 */
export function endOne(
  args: Any[],
  message: StatementMessage,
  end: (message: StatementMessage, self: Any, result: Any) => void,
): void {
  const last = args.length - 1
  const callback = typeof args[last] === 'function' ? args[last] : undefined
  const replacement = function (this: Any, ...outcome: Any[]): unknown {
    const [error, result] = outcome
    try {
      if (error) message.end(error, 0)
      else end(message, this, result)
    } catch (failure) {
      reportFailure('sqlite3 result', failure)
      message.end(undefined, 0)
    }
    if (callback !== undefined) return callIn(message.scope, callback, this, outcome, message.context)
    return error ? this.emit('error', error) : undefined
  }
  if (callback === undefined) args.push(replacement)
  else args[last] = replacement
}

/** The same for `each`, which takes a callback for the rows, and perhaps another one for the end. */
export function endEach(args: Any[], message: StatementMessage): void {
  message.isStreamed = true
  const sample = new RowSample()
  const completed = typeof args.at(-1) === 'function' && typeof args.at(-2) === 'function' ? args.pop() : undefined
  const onRow = typeof args.at(-1) === 'function' ? args.pop() : undefined
  args.push(
    function (this: Any, ...outcome: Any[]): unknown {
      const [error, row] = outcome
      if (error) message.end(error, sample.count)
      else sample.add(row)
      if (onRow !== undefined) return callIn(message.scope, onRow, this, outcome, message.context)
      return error ? this.emit('error', error) : undefined
    },
    function (this: unknown, ...outcome: Any[]): unknown {
      if (!message.hasEnded) message.end(undefined, sample.count, sqliteResultOf(sample.rows, undefined, message))
      return completed === undefined ? undefined : callIn(message.scope, completed, this, outcome, message.context)
    },
  )
}

/** Makes the callback among `args` run in the scope that is open now. */
export function bindCallback(args: Any[]): void {
  const scope = state.storage.getStore()
  const context = state.contexts?.active()
  const callback = args.at(-1)
  if ((scope === undefined && context === undefined) || typeof callback !== 'function') return
  args[args.length - 1] = function (this: unknown, ...outcome: Any[]): unknown {
    return callIn(scope, callback, this, outcome, context)
  }
}

/** Does so at each call of a method. */
export function keepScope(prototype: object, name: string): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function (this: unknown, ...args: Any[]): unknown {
      if (wrapping.isActive) bindCallback(args)
      return Reflect.apply(original, this, args)
    }
  })
}
