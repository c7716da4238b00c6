import { callIn } from './call-in.ts'
import { connectionOf } from './connection.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { isOutside } from './scope.ts'
import { sqliteAddressOf } from './sqlite-address.ts'
import { sqliteParametersOf } from './sqlite-parameters.ts'
import { preparedOf, wrapPrepare } from './sqlite-prepared.ts'
import { changedRows, sqliteColumnsOf, sqliteResultOf } from './sqlite-rows.ts'
import { bindCallback, endEach, endOne, keepScope } from './sqlite3-callbacks.ts'
import { startStatement } from './start-statement.ts'

// biome-ignore lint/suspicious/noExplicitAny: sqlite3's own objects
type Any = any

/**
 * sqlite3: callbacks only. They come from a thread pool, outside of any asynchronous context, so those that were given
 * in a scope are run in it again. `Database.get` prepares a statement and calls its `get`, which is where a call is
 * seen; of an error in preparing only the callback given to the outer one is told.
 */
export const sqlite3: Instrumentation = {
  module: 'sqlite3',
  versions: '>=5 <7',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  addressOf: sqliteAddressOf,
  matches(exports) {
    const { Database, Statement } = (exports ?? {}) as Any
    return hasMethod(Database, 'parallelize') && hasMethod(Database, 'each') && hasMethod(Statement, 'each')
  },
  patch(exports, driver) {
    const { Database, Statement } = exports as Any
    for (const name of ['run', 'get', 'all', 'each'] as const) wrapStatementCall(Statement.prototype, name, driver)
    for (const name of ['run', 'get', 'all', 'each', 'map']) wrapDatabaseCall(Database.prototype, name)
    wrapDatabaseExec(Database.prototype, driver)
    wrapPrepare(Database.prototype, { onCall: bindCallback })
    wrapBind(Statement.prototype)
    for (const name of ['wait', 'close']) keepScope(Database.prototype, name)
    for (const name of ['reset', 'finalize']) keepScope(Statement.prototype, name)
  },
}

function hasMethod(owner: Any, name: string): boolean {
  return typeof owner?.prototype?.[name] === 'function'
}

/** A call on a database, which a call on a statement follows at once. */
interface OuterCall {
  readonly database: object
  statement: Any
  message: StatementMessage | undefined
}

let outerCall: OuterCall | undefined

function wrapDatabaseCall(prototype: object, name: string): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function (this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive || isOutside()) return Reflect.apply(original, this, args)
      const call: OuterCall = { database: this, statement: undefined, message: undefined }
      watchPreparing(args, call)
      outerCall = call
      try {
        return Reflect.apply(original, this, args)
      } finally {
        outerCall = undefined
      }
    }
  })
}

/** Ends the execution where the statement could not be prepared: then the last callback is told, and no other one. */
function watchPreparing(args: Any[], call: OuterCall): void {
  const last = args.length - 1
  const callback = args[last]
  if (typeof callback !== 'function') {
    args.push((error: unknown) => {
      if (!error) return
      call.message?.end(error, 0)
      call.statement?.emit('error', error)
    })
    return
  }
  args[last] = function (this: unknown, ...outcome: Any[]): unknown {
    const { message } = call
    if (message === undefined) return Reflect.apply(callback, this, outcome)
    if (outcome[0]) message.end(outcome[0], 0)
    return callIn(message.scope, callback, this, outcome, message.context)
  }
}

function wrapStatementCall(prototype: object, name: 'run' | 'get' | 'all' | 'each', driver: DriverInfo): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function execute(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const call = outerCall
      outerCall = undefined
      const message = start(driver, this, args, call, execute)
      if (message === undefined) return Reflect.apply(original, this, args)
      if (name === 'each') endEach(args, message)
      else endOne(args, message, ENDS[name])
      try {
        return Reflect.apply(original, this, args)
      } catch (error) {
        message.end(error, 0)
        throw error
      }
    }
  })
}

const ENDS = {
  run(message: StatementMessage, statement: Any): void {
    message.end(undefined, changedRows(message, statement?.changes))
  },
  get(message: StatementMessage, _statement: Any, row: unknown): void {
    if (row === undefined) message.end(undefined, 0)
    else message.end(undefined, 1, sqliteResultOf([row], undefined, message))
  },
  all(message: StatementMessage, _statement: Any, rows: Any): void {
    message.end(undefined, rows.length, sqliteResultOf(rows, undefined, message))
  },
  exec(message: StatementMessage): void {
    message.end(undefined, 0)
  },
}

function start(
  driver: DriverInfo,
  statement: Any,
  args: readonly unknown[],
  call: OuterCall | undefined,
  below: () => unknown,
): StatementMessage | undefined {
  if (isOutside()) return startStatement(driver, '', undefined, below)
  const database = call?.database ?? preparedOf(statement)?.database
  const message = startStatement(driver, statement.sql, parametersOf(statement, args), below, undefined, database)
  if (message === undefined) return undefined
  message.hasCallback = true
  message.connection = connectionOf(database)
  if (call !== undefined) {
    call.message = message
    call.statement = statement
  }
  return message
}

/** Values stay bound until a call brings others. */
const bound = new WeakMap<object, readonly unknown[]>()

function parametersOf(statement: object, args: readonly unknown[]): readonly unknown[] | undefined {
  const given = args.filter((arg) => typeof arg !== 'function')
  if (given.length === 0) return bound.get(statement)
  const parameters = sqliteParametersOf(given)
  bound.set(statement, parameters)
  return parameters
}

function wrapBind(prototype: object): void {
  wrapMethod(prototype, 'bind', (original, wrapping) => {
    return function (this: Any, ...args: Any[]): unknown {
      if (wrapping.isActive) {
        parametersOf(this, args)
        bindCallback(args)
      }
      return Reflect.apply(original, this, args)
    }
  })
}

function wrapDatabaseExec(prototype: object, driver: DriverInfo): void {
  wrapMethod(prototype, 'exec', (original, wrapping) => {
    return function exec(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const message = startStatement(driver, String(args[0]), undefined, exec, undefined, this)
      if (message === undefined) return Reflect.apply(original, this, args)
      message.hasCallback = true
      message.connection = connectionOf(this)
      endOne(args, message, ENDS.exec)
      try {
        return Reflect.apply(original, this, args)
      } catch (error) {
        message.end(error, 0)
        throw error
      }
    }
  })
}
