import { bindCallback, followCall, isInCall } from './driver-call.ts'
import type { MariadbClasses } from './mariadb-classes.ts'
import { endWithResult } from './mariadb-result.ts'
import { watchCommand, watchStream } from './mariadb-streams.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/** What a call asks for; undefined where it sends nothing. */
type Reader = (self: Any, args: readonly Any[]) => Question | undefined

interface Question {
  readonly text: string
  readonly parameters?: readonly unknown[]
  /** Sets of values it is sent with, where that may be several. */
  readonly batchSize?: number
}

const SERVER_STATUS_IN_TRANSACTION = 1

/** Makes the methods of pools and connections publish, in the promise API and in the callback API. */
export function wrapMariadbCalls(classes: MariadbClasses, driver: DriverInfo): void {
  const { pool, filteredCluster, connection } = classes
  const isPromiseApi = connection instanceof Promise
  for (const name of ['query', 'execute']) wrapCall(pool, name, driver, readStatement, !isPromiseApi)
  wrapCall(pool, 'batch', driver, readBatch, !isPromiseApi)
  wrapCall(pool, 'importFile', driver, readImport, !isPromiseApi)
  wrapCheckout(pool, driver)
  // finds a pool and a connection first, whose own methods publish: they take the line from here
  for (const name of ['query', 'execute', 'batch', 'getConnection']) {
    wrapMethod(filteredCluster, name, (original, wrapping) => {
      return function method(this: unknown, ...args: Any[]): unknown {
        const call = (): unknown => Reflect.apply(original, this, args)
        return wrapping.isActive ? runOperation(method, call, true) : call()
      }
    })
  }
  if (!isPromiseApi) wrapConnection(connection, driver, true)
  else {
    const wrapped = connection.then((prototype) => wrapConnection(prototype, driver, false))
    wrapped.catch((error) => reportFailure('mariadb', error))
  }
}

function wrapConnection(prototype: Any, driver: DriverInfo, takesCallback: boolean): void {
  for (const name of ['query', 'queryStream']) wrapCall(prototype, name, driver, readStatement, false)
  wrapCall(prototype, 'execute', driver, readStatement, takesCallback)
  wrapCall(prototype, 'batch', driver, readBatch, takesCallback)
  wrapCall(prototype, 'importFile', driver, readImport, takesCallback)
  wrapCall(prototype, 'beginTransaction', driver, () => ({ text: 'START TRANSACTION' }), takesCallback)
  // sent only where a transaction is open
  const ending = (text: string): Reader => {
    return ({ info }) => ((info?.status & SERVER_STATUS_IN_TRANSACTION) === 0 ? undefined : { text })
  }
  wrapCall(prototype, 'commit', driver, ending('COMMIT'), takesCallback)
  wrapCall(prototype, 'rollback', driver, ending('ROLLBACK'), takesCallback)
  for (const name of ['ping', 'reset', 'changeUser', 'end']) wrapCall(prototype, name, driver, () => undefined, false)
  wrapPrepare(prototype, driver)
}

/** @param takesCallback where the application gives no callback, one of ours is the only way to learn of the end. */
function wrapCall(prototype: Any, name: string, driver: DriverInfo, read: Reader, takesCallback: boolean): void {
  const isPool = typeof prototype.totalConnections === 'function'
  wrapMethod(prototype, name, (original, wrapping) => {
    return function method(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive || isInCall()) return Reflect.apply(original, this, args)
      if (isPool) state.onPool?.(this, driver)
      const call = read(this, args)
      const message =
        call === undefined
          ? undefined
          : startStatement(driver, call.text, call.parameters, method, undefined, this, call.batchSize)
      const isUnheard = takesCallback && message !== undefined && !args.some((arg) => typeof arg === 'function')
      if (isUnheard) args[original.length - 1] = () => {}
      return send(original, this, args, message)
    }
  })
}

/** Runs the original; how it ends is learnt from the promise, the callback, the stream or the command it gives. */
function send(
  original: (...args: Any[]) => unknown,
  self: Any,
  args: Any[],
  message: StatementMessage | undefined,
): unknown {
  const result: Any = followCall(message, original, self, args, endWithResult)
  if (message === undefined || message.hasCallback || result instanceof Promise) return result
  if (typeof result?.push === 'function') watchStream(result, message)
  else watchCommand(result, message)
  return result
}

/** A checkout by callback, and what is called on the connection it gives, stays in the context that asked for it. */
function wrapCheckout(prototype: Any, driver: DriverInfo): void {
  wrapMethod(prototype, 'getConnection', (original, wrapping) => {
    return function getConnection(this: Any, ...args: Any[]): unknown {
      const [callback] = args
      if (wrapping.isActive) state.onPool?.(this, driver)
      if (!wrapping.isActive || typeof callback !== 'function') return Reflect.apply(original, this, args)
      args[0] = bindCallback(callback, (_error, connection) => {
        const release = connection?.release
        if (typeof release !== 'function') return
        connection.release = (done?: Any) => release(typeof done === 'function' ? bindCallback(done) : done)
      })
      return Reflect.apply(original, this, args)
    }
  })
}

/** Preparing sends no question yet; each execution of what comes out of it does. */
function wrapPrepare(prototype: Any, driver: DriverInfo): void {
  wrapMethod(prototype, 'prepare', (original, wrapping) => {
    return function prepare(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const at = args.findLastIndex((arg) => typeof arg === 'function')
      if (at !== -1)
        args[at] = bindCallback(args[at], (_error, prepared) => watchPrepared(prepared, this, driver, wrapping))
      const result = Reflect.apply(original, this, args)
      return result instanceof Promise ? prepareWatched(result, this, driver, wrapping) : result
    }
  })
}

async function prepareWatched(
  promise: Promise<Any>,
  connection: object,
  driver: DriverInfo,
  wrapping: { isActive: boolean },
): Promise<Any> {
  const prepared = await promise
  watchPrepared(prepared, connection, driver, wrapping)
  return prepared
}

function watchPrepared(prepared: Any, connection: object, driver: DriverInfo, wrapping: { isActive: boolean }): void {
  for (const name of ['execute', 'executeStream']) {
    const original = prepared?.[name]
    if (typeof original !== 'function') continue
    const method = function (this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive || isInCall()) return Reflect.apply(original, this, args)
      const parameters = parametersOf(args[0])
      const message = startStatement(driver, prepared.query, parameters, method, undefined, connection)
      return send(original, this, args, message)
    }
    Object.defineProperty(prepared, name, { value: method, configurable: true, writable: true })
  }
}

const readStatement: Reader = (_self, [statement, values]) => {
  if (typeof statement === 'string') return { text: statement, ...bound(values) }
  if (typeof statement?.sql !== 'string') return undefined
  return { text: statement.sql, ...bound(statement.values || values) }
}

/** The same statement with one set of values each. */
const readBatch: Reader = (self, args) => {
  const call = readStatement(self, args)
  return call === undefined ? undefined : { ...call, batchSize: call.parameters?.length ?? 0 }
}

function bound(values: Any): { parameters?: readonly unknown[] } {
  const parameters = parametersOf(values)
  return parameters === undefined ? {} : { parameters }
}

/** An array, one value, or an object of named values. */
function parametersOf(values: Any): readonly unknown[] | undefined {
  if (values === undefined || values === null || typeof values === 'function') return undefined
  return Array.isArray(values) ? values : [values]
}

/** A file of statements is one thing that was asked for; the name is that of the client's command for it. */
const readImport: Reader = (_self, [options]) => {
  return typeof options?.file === 'string' ? { text: `source '${options.file.replaceAll("'", "''")}'` } : undefined
}
