import type { ResultColumn } from '../model/trace.ts'
import { callIn } from './call-in.ts'
import type { RawResult, StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { expectPlan } from './pg-auto-explain.ts'
import { RowSample } from './row-sample.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

const MESSAGE = Symbol.for('nonplus.message')
const WATCHED = Symbol.for('nonplus.watched')

/**
 * How a statement's end is seen. Every call form of pg, promises included, becomes a query object whose
 * `handleReadyForQuery` or `handleError` is called exactly once at the end. Hooked once on the prototype, they cost no
 * closure and no promise per statement, and nothing that the caller holds is replaced.
 */
export function wrapPgQuery(Query: Any): void {
  const prototype = Query?.prototype
  if (typeof prototype?.handleReadyForQuery !== 'function' || typeof prototype.handleError !== 'function') return
  wrapMethod(prototype, 'handleReadyForQuery', (original) => {
    return function handleReadyForQuery(this: Any, ...args: Any[]): unknown {
      const message: StatementMessage | undefined = this[MESSAGE]
      // a row that could not be parsed: pg calls handleError from here
      if (message === undefined || this._canceledDueToError) return Reflect.apply(original, this, args)
      this[MESSAGE] = undefined
      endWith(message, this._results ?? this._result)
      return message.hasCallback
        ? callIn(message.scope, original, this, args, message.context)
        : Reflect.apply(original, this, args)
    }
  })
  wrapMethod(prototype, 'handleError', (original) => {
    return function handleError(this: Any, ...args: Any[]): unknown {
      const message: StatementMessage | undefined = this[MESSAGE]
      if (message === undefined) return Reflect.apply(original, this, args)
      this[MESSAGE] = undefined
      message.end(this._canceledDueToError || args[0], 0)
      return message.hasCallback
        ? callIn(message.scope, original, this, args, message.context)
        : Reflect.apply(original, this, args)
    }
  })
  prototype[WATCHED] = true
}

/** Ties a query object to the message of its call. */
export function watchQuery(query: Any, message: StatementMessage): void {
  if (state.wantsAutoExplain) expectPlan(message)
  if (query[WATCHED] === true) query[MESSAGE] = message
  else if (typeof query.handleReadyForQuery === 'function') watchSubmittable(query, message)
  else watchNative(query, message)
}

/** Cursors, streams, COPY: classes of other packages, used once each, so their handlers are replaced on the object. */
function watchSubmittable(query: Any, message: StatementMessage): void {
  message.isStreamed = true
  const sample = new RowSample()
  message.result = sample.resultWith(undefined)
  hook(query, 'handleDataRow', message, () => {
    const buffered = query._rows ?? query.cursor?._rows
    if (buffered?.length > 0) sample.add(buffered[buffered.length - 1])
    else sample.count++
  })
  hook(query, 'handleRowDescription', message, () => {
    message.result = sample.resultWith(query._result?.fields)
  })
  hook(query, 'handleReadyForQuery', message, () => {
    const count = sample.count > 0 ? sample.count : (query._result?.rowCount ?? 0)
    message.end(undefined, count, sample.resultWith(query._result?.fields))
  })
  hook(query, 'handleError', message, (error) => message.end(error, sample.count))
}

function hook(query: Any, name: string, message: StatementMessage, after: (...args: Any[]) => void): void {
  const original = query[name]
  if (typeof original !== 'function') return
  const isEnd = name === 'handleReadyForQuery' || name === 'handleError'
  Object.defineProperty(query, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value(this: unknown, ...args: Any[]): unknown {
      if (isEnd) run(after, args)
      const result = callIn(message.scope, original, this, args, message.context)
      if (!isEnd) run(after, args)
      return result
    },
  })
}

function run(after: (...args: Any[]) => void, args: Any[]): void {
  try {
    after(...args)
  } catch (error) {
    reportFailure('pg submittable', error)
  }
}

/** Queries of `pg.native` end by emitting `end` or by `handleError`; both are replaced on the object. */
function watchNative(query: Any, message: StatementMessage): void {
  const { emit, handleError } = query
  query.handleError = function (this: unknown, ...args: Any[]): unknown {
    message.end(args[0], 0)
    return callIn(message.scope, handleError, this, args, message.context)
  }
  query.emit = function (this: unknown, ...args: Any[]): unknown {
    if (args[0] === 'end') endWith(message, args[1])
    return callIn(message.scope, emit, this, args, message.context)
  }
  const { callback } = query
  if (typeof callback !== 'function' || !message.hasCallback) return
  query.callback = function (this: unknown, ...args: Any[]): unknown {
    return callIn(message.scope, callback, this, args, message.context)
  }
}

function endWith(message: StatementMessage, results: Any): void {
  try {
    if (!Array.isArray(results)) {
      message.end(undefined, rowCountOf(results), rawResultOf(results))
      return
    }
    let rows = 0
    for (const result of results) rows += rowCountOf(result)
    message.end(undefined, rows)
  } catch (error) {
    reportFailure('pg result', error)
    message.end(undefined, 0)
  }
}

function rowCountOf(result: Any): number {
  return result?.rowCount ?? result?.rows?.length ?? 0
}

function rawResultOf(result: Any): RawResult | undefined {
  if (!Array.isArray(result?.rows) || result.rows.length === 0) return undefined
  return { rows: result.rows, fields: result.fields }
}

/** Names and origins of pg's fields; `tableID` is 0 where a column is computed. */
export function columnsOf(fields: unknown): readonly ResultColumn[] {
  if (!Array.isArray(fields)) return []
  return fields.map((field: Any) =>
    field.tableID > 0 ? { name: field.name, origin: `${field.tableID}.${field.columnID}` } : { name: field.name },
  )
}
