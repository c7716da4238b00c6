import type { ResultColumn } from '../model/trace.ts'
import { connectionOf } from './connection.ts'
import { bindCallback, followCall, isInCall } from './driver-call.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { runOperation } from './operation.ts'
import { addressOf, poolStateOf } from './oracledb-address.ts'
import { watchResultSet } from './oracledb-result-set.ts'
import { wrapMethod } from './patch.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: oracledb's own objects
type Any = any

/**
 * node-oracledb. It has a trace handler, but that is one slot for one tracer, which others take; it is called behind the
 * lock of the connection, and makes the driver trace each call of each method. So the public methods of `Connection` are
 * patched, in thin and thick mode the same.
 */
export const oracledb: Instrumentation = {
  module: 'oracledb',
  versions: '>=6 <27',
  dialect: 'oracle',
  via: 'patch',
  columnsOf,
  addressOf,
  poolStateOf,
  matches(exports) {
    const { Connection, Pool, getConnection } = (exports ?? {}) as Any
    const isConnection = typeof Connection?.prototype?.executeMany === 'function'
    return isConnection && typeof Pool === 'function' && typeof getConnection === 'function'
  },
  patch(exports, driver) {
    const { prototype } = (exports as Any).Connection
    wrapCall(prototype, 'execute', driver, questionOf)
    wrapCall(prototype, 'executeMany', driver, ([text, rows]) => ({
      text: String(text),
      parameters: Array.isArray(rows) ? rows : undefined,
      batchSize: Array.isArray(rows) ? rows.length : Number(rows) || 0,
    }))
    wrapCall(prototype, 'runPipeline', driver, ([pipeline]) => ({
      text: pipelineText(pipeline),
      parameters: undefined,
    }))
    for (const name of ['commit', 'rollback']) {
      wrapCall(prototype, name, driver, () => ({ text: name, parameters: undefined }))
    }
    wrapQueryStream(prototype)
    wrapPool((exports as Any).Pool.prototype, driver)
  },
}

interface Question {
  readonly text: string
  readonly parameters: readonly unknown[] | undefined
  /** Of a statement that is sent with several sets of values. */
  readonly batchSize?: number
}

function wrapCall(prototype: Any, name: string, driver: DriverInfo, read: (args: Any[]) => Question): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function method(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive || isInCall()) return Reflect.apply(original, this, args)
      const { text, parameters, batchSize } = read(args)
      // the object of the application is made anew at each checkout, what is behind it lasts as long as the connection
      const connection = this._impl ?? this
      const message = startStatement(driver, text, parameters, method, undefined, connection, batchSize)
      if (message !== undefined) message.connection = connectionOf(connection)
      return followCall(message, original, this, args, endWithResult)
    }
  })
}

function wrapPool(prototype: object, driver: DriverInfo): void {
  wrapMethod(prototype, 'getConnection', (original, wrapping) => {
    return function getConnection(this: Any, ...args: Any[]): unknown {
      if (wrapping.isActive) state.onPool?.(this, driver)
      return Reflect.apply(original, this, args)
    }
  })
}

/** Executes in a later tick, by `execute`; the line is that of the call here, and so is the context of the stream. */
function wrapQueryStream(prototype: Any): void {
  wrapMethod(prototype, 'queryStream', (original, wrapping) => {
    return function queryStream(this: unknown, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const stream: Any = runOperation(queryStream, () => Reflect.apply(original, this, args), true)
      Object.defineProperty(stream, 'emit', { value: bindCallback(stream.emit), configurable: true, writable: true })
      return stream
    }
  })
}

/** `(text, binds)`, or what the `sql` tag of other packages makes: an object with both. */
function questionOf([statement, binds]: Any[]): Question {
  if (typeof statement === 'string') return { text: statement, parameters: valuesOf(binds) }
  return { text: String(statement?.statement), parameters: valuesOf(statement?.values) }
}

/** Values in order, or one object of named ones; a bind may be described: `{ val, type, dir }`. */
function valuesOf(binds: Any): readonly unknown[] | undefined {
  if (binds === null || typeof binds !== 'object') return undefined
  if (Array.isArray(binds)) return binds.map(valueOfBind)
  return [Object.fromEntries(Object.entries(binds).map(([name, bind]) => [name, valueOfBind(bind)]))]
}

function valueOfBind(bind: Any): unknown {
  const isDescribed = bind !== null && typeof bind === 'object' && ('val' in bind || 'dir' in bind)
  return isDescribed ? bind.val : bind
}

/** A pipeline is one round trip, however many statements are in it. */
function pipelineText(pipeline: Any): string {
  const operations: readonly Any[] = pipeline?.operations ?? []
  return operations.map(({ statement, opType }) => statement ?? opType).join('; ')
}

function endWithResult(message: StatementMessage, result: Any): void {
  try {
    if (result?.resultSet !== undefined) watchResultSet(result.resultSet, message)
    else if (Array.isArray(result))
      message.end(
        undefined,
        result.reduce((sum, part) => sum + rowsOf(part), 0),
      )
    else message.end(undefined, rowsOf(result), rawResultOf(result))
  } catch (error) {
    reportFailure('oracledb result', error)
    message.end(undefined, 0)
  }
}

function rowsOf(result: Any): number {
  return result?.rows?.length ?? result?.rowsAffected ?? 0
}

function rawResultOf(result: Any): { rows: readonly unknown[]; fields: unknown } | undefined {
  return Array.isArray(result?.rows) ? { rows: result.rows, fields: result.metaData } : undefined
}

/** Names of oracledb's columns; the server does not say where they come from. */
function columnsOf(fields: unknown): readonly ResultColumn[] {
  return Array.isArray(fields) ? fields.map((column: Any) => ({ name: String(column.name) })) : []
}
