import { takeDeferredCallSite } from './deferred-call-site.ts'
import type { DriverInfo, ServerAddress, StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { sqliteParametersOf } from './sqlite-parameters.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: the client's own objects
type Any = any

/**
 * Clients of `@libsql/client` for a server, by HTTP or WebSocket, with their transactions. A batch is one execution: it
 * is one round trip, whatever it holds.
 */
export function wrapRemoteClient(prototype: object, driver: DriverInfo): void {
  wrapCalls(prototype, driver)
  wrapSend(prototype, 'migrate', driver, batchText)
  let isFound = false
  const wrapTransaction = (transaction: object): void => {
    if (isFound) return
    isFound = true
    const found = Object.getPrototypeOf(transaction) as object
    wrapCalls(found, driver)
    wrapSend(found, 'commit', driver, () => 'COMMIT')
    wrapSend(found, 'rollback', driver, () => 'ROLLBACK')
  }
  wrapMethod(prototype, 'transaction', (original, wrapping) => {
    return function transaction(this: Any, ...args: unknown[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      // the server is told of it together with its first statement
      const message = startStatement(driver, 'BEGIN', undefined, transaction, undefined, this)
      const promise = Reflect.apply(original, this, args) as Promise<object>
      const address = addresses.get(this)
      if (message === undefined && isFound && address === undefined) return promise
      return settle(promise, message, (opened) => {
        wrapTransaction(opened)
        if (address !== undefined) addresses.set(opened, address)
      })
    }
  })
}

const addresses = new WeakMap<object, ServerAddress>()

/** Notes where a client connects to: it keeps that private, and only who has it made knows. */
export function noteUrl(client: object, url: unknown): void {
  if (typeof url !== 'string' || !URL.canParse(url)) return
  const { hostname: host, port } = new URL(url)
  if (host !== '') addresses.set(client, { host, ...(port === '' ? {} : { port: Number(port) }) })
}

/** Where a client or a transaction of it connects to, where that was noted. */
export function addressOf(through: object): ServerAddress | undefined {
  return addresses.get(through)
}

function wrapCalls(prototype: object, driver: DriverInfo): void {
  wrapSend(prototype, 'execute', driver, textOf, parametersOf)
  wrapSend(prototype, 'batch', driver, batchText)
  wrapSend(prototype, 'executeMultiple', driver, ([text]) => String(text))
}

function wrapSend(
  prototype: object,
  name: string,
  driver: DriverInfo,
  text: (args: readonly Any[]) => string,
  parameters: (args: readonly Any[]) => readonly unknown[] | undefined = () => undefined,
): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function send(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive || running === this) return Reflect.apply(original, this, args)
      const size = name === 'batch' && Array.isArray(args[0]) ? args[0].length : 0
      const message = startStatement(driver, text(args), parameters(args), send, undefined, this, size)
      const promise = applyAlone(original, this, args) as Promise<unknown>
      return message === undefined ? promise : settle(promise, message)
    }
  })
}

/** The object whose method is being called: `execute` of a transaction calls its `batch`, which is no second execution. */
let running: unknown

function applyAlone(original: (...args: never[]) => unknown, self: unknown, args: Any[]): unknown {
  running = self
  try {
    return Reflect.apply(original, self, args)
  } finally {
    running = undefined
  }
}

function textOf([statement]: readonly Any[]): string {
  return String(typeof statement === 'string' ? statement : (statement?.sql ?? statement?.[0]))
}

function parametersOf([statement, values]: readonly Any[]): readonly unknown[] | undefined {
  const given = typeof statement === 'string' ? values : statement?.args
  return given === undefined || given === null ? undefined : sqliteParametersOf([given])
}

function batchText([statements]: readonly Any[]): string {
  return Array.isArray(statements) ? statements.map((statement) => textOf([statement])).join(';\n') : ''
}

async function settle<Value>(
  promise: Promise<Value>,
  message: StatementMessage | undefined,
  onValue?: (value: Value & object) => void,
): Promise<Value> {
  try {
    const value = await promise
    if (message !== undefined) endWith(message, value)
    onValue?.(value as Value & object)
    return value
  } catch (error) {
    message?.end(error, 0)
    throw error
  } finally {
    if (message !== undefined) takeDeferredCallSite(message, settle)
  }
}

function endWith(message: StatementMessage, result: Any): void {
  try {
    if (Array.isArray(result)) {
      message.end(
        undefined,
        result.reduce((sum, one) => sum + rowsOf(one), 0),
      )
    } else if (result?.rows?.length > 0) {
      const fields = result.columns.map((name: string) => ({ name }))
      message.end(undefined, result.rows.length, { rows: result.rows, fields })
    } else message.end(undefined, rowsOf(result))
  } catch (error) {
    reportFailure('@libsql/client result', error)
    message.end(undefined, 0)
  }
}

function rowsOf(result: Any): number {
  return result?.rows?.length || result?.rowsAffected || 0
}
