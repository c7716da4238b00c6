import type { ResultColumn } from '../model/trace.ts'
import { connectionOf } from './connection.ts'
import { bindCallback, inCall, isInCall } from './driver-call.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { noteWait } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { hookSequelizeQueue } from './sequelize-queue.ts'
import { startStatement } from './start-statement.ts'
import { addressOf, poolStateOf } from './tedious-address.ts'
import { type Question, questionOf } from './tedious-question.ts'
import { watchRequest } from './tedious-request.ts'

// biome-ignore lint/suspicious/noExplicitAny: tedious's own objects
type Any = any

/**
 * The driver for Microsoft SQL Server, on its own and below mssql, Knex and Sequelize. It publishes no diagnostics
 * channel, so the methods of `Connection` are patched. A request tells its end by its callback, its rows by events.
 */
export const tedious: Instrumentation = {
  module: 'tedious',
  versions: '>=14.7 <20',
  dialect: 'mssql',
  via: 'patch',
  columnsOf,
  addressOf,
  poolStateOf,
  tracedMethods: (exports) => [(exports as Any).Connection.prototype.execSql],
  matches(exports) {
    const prototype = (exports as Any)?.Connection?.prototype
    return ['execSql', 'execSqlBatch', 'callProcedure'].every((name) => typeof prototype?.[name] === 'function')
  },
  patch(exports, driver) {
    const { prototype } = (exports as Any).Connection
    for (const name of ['execSql', 'execSqlBatch', 'callProcedure', 'execute', 'execBulkLoad']) {
      wrapRequest(prototype, name, driver)
    }
    for (const name of ['prepare', 'unprepare']) wrapRequest(prototype, name, driver)
    wrapTransaction(prototype, 'beginTransaction', 'begin transaction', driver)
    wrapTransaction(prototype, 'commitTransaction', 'commit transaction', driver)
    wrapTransaction(prototype, 'rollbackTransaction', 'rollback transaction', driver)
    wrapTransaction(prototype, 'saveTransaction', 'save transaction', driver)
    wrapMethod(prototype, 'reset', (original, wrapping) => {
      return function reset(this: unknown, ...args: Any[]): unknown {
        return wrapping.isActive && !isInCall()
          ? inCall(undefined, original, this, args)
          : Reflect.apply(original, this, args)
      }
    })
  },
}

/** Methods that take a request, which stands for one question at a time. */
function wrapRequest(prototype: Any, name: string, driver: DriverInfo): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function method(this: Any, ...args: Any[]): unknown {
      const [request, given] = args
      const isOurs = wrapping.isActive && !isInCall() && typeof request?.callback === 'function'
      if (!isOurs) return Reflect.apply(original, this, args)
      hookSequelizeQueue(this)
      const question = questionOf(this, name, request, given)
      const message = question === undefined ? undefined : start(this, question, driver, method)
      if (message !== undefined) watchRequest(request, message)
      return inCall(message, original, this, args)
    }
  })
}

function start(connection: Any, { text, parameters }: Question, driver: DriverInfo, below: () => unknown) {
  const message = startStatement(driver, text, parameters, below, undefined, connection)
  if (message === undefined) return undefined
  noteWait(message)
  message.hasCallback = true
  message.connection = connectionOf(connection)
  return message
}

function wrapTransaction(prototype: Any, name: string, text: string, driver: DriverInfo): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function method(this: Any, ...args: Any[]): unknown {
      const [callback] = args
      if (!wrapping.isActive || isInCall() || typeof callback !== 'function') return Reflect.apply(original, this, args)
      const message = start(this, { text, parameters: undefined }, driver, method)
      args[0] = bindCallback(callback, (error) => message?.end(error ?? undefined, 0))
      try {
        return inCall(message, original, this, args)
      } catch (error) {
        message?.end(error, 0) // a wrong isolation level
        throw error
      }
    }
  })
}

/** Names of tedious's columns; the server does not say where they come from. */
function columnsOf(fields: unknown): readonly ResultColumn[] {
  const columns = Array.isArray(fields) ? fields : Object.values((fields as Any) ?? {})
  return columns.map((column: Any) => ({ name: String(column.colName) }))
}
