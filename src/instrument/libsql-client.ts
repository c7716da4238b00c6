import type { Instrumentation } from './instrumentation.ts'
import { libsql } from './libsql.ts'
import { addressOf, noteUrl, wrapRemoteClient } from './libsql-remote.ts'
import { loadedModules } from './loaded-modules.ts'
import { whileLoadingAhead } from './loading-ahead.ts'
import type { DriverInfo } from './message.ts'
import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { isPlainPromise, runIn, Scope } from './scope.ts'
import { sqliteColumnsOf } from './sqlite-rows.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: the client's own objects
type Any = any

/**
 * `@libsql/client`. On local files and in memory its calls wait for a connection of its pool and then run their
 * statements through `libsql`, which is where they are seen, once each; so that they have the line of the call, and not
 * of whoever awaits it, the call is remembered. On a server its calls are what is seen.
 */
export const libsqlClient: Instrumentation = {
  module: '@libsql/client',
  entries: ['@libsql/client/node', '@libsql/client/sqlite3'],
  files: { import: ['lib-esm/node.js', 'lib-esm/sqlite3.js', 'lib-esm/http.js', 'lib-esm/ws.js'], require: [] },
  versions: '>=0.15 <0.19',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  addressOf,
  matches(exports) {
    const { createClient, LibsqlError } = (exports ?? {}) as Any
    return typeof createClient === 'function' && typeof LibsqlError === 'function'
  },
  patch(exports, driver) {
    const { Sqlite3Client, HttpClient, WsClient, createClient } = exports as Any
    const local = Sqlite3Client?.prototype ?? prototypeOf(createClient, ':memory:')
    const http = HttpClient?.prototype ?? prototypeOf(createClient, 'http://127.0.0.1:1')
    if (local !== undefined) {
      wrapLibsql(driver)
      for (const name of CALLS) wrapCall(local, name)
    }
    if (http !== undefined) wrapRemoteClient(http, driver)
    // the client by WebSocket opens one when it is made
    if (WsClient !== undefined) wrapRemoteClient(WsClient.prototype, driver)
    wrapMade(exports as object, driver, WsClient === undefined)
  },
}

const CALLS = ['execute', 'batch', 'migrate', 'executeMultiple', 'transaction']
/** A query builder that is sent by being awaited has no application on the stack here, either. */
const TRANSACTION_CALLS = ['execute', 'batch', 'executeMultiple']

function wrapCall(prototype: object, name: string): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function call(this: unknown, ...args: unknown[]): unknown {
      const send = (): unknown => {
        const result = Reflect.apply(original, this, args)
        return name === 'transaction' && isPlainPromise(result) ? hookTransaction(result) : result
      }
      return wrapping.isActive ? runOperation(call, send, true) : send()
    }
  })
}

/** The class of transactions is no export; it is met in the first one. */
async function hookTransaction(promise: Promise<unknown>): Promise<unknown> {
  const transaction = await promise
  const prototype = Object.getPrototypeOf(transaction) as object
  for (const name of TRANSACTION_CALLS) wrapCall(prototype, name)
  return transaction
}

/**
 * The classes of the clients are no exports, so one is made and closed again. In memory it opens no file, and by HTTP it
 * sends nothing before it is asked to.
 */
function prototypeOf(createClient: (config: object) => Any, url: string): object | undefined {
  const nowhere = new Scope({ name: 'looking for a class', kind: 'block' })
  nowhere.isClosed = true
  const before = { ...state.counters }
  try {
    const client = whileLoadingAhead(() => runIn(nowhere, () => createClient({ url })))
    client.close()
    return Object.getPrototypeOf(client) as object
  } catch {
    // an entry for some of the clients only: `@libsql/client/web`, `/http`, `/ws`
    return undefined
  } finally {
    Object.assign(state.counters, before)
  }
}

/**
 * In CommonJS the export itself can be wrapped: it shows where a client connects to, and its class.
 *
 * @param isSocketDue true where the class of the client by WebSocket has not been met yet.
 */
function wrapMade(exports: object, driver: DriverInfo, isSocketDue: boolean): void {
  if (Object.getOwnPropertyDescriptor(exports, 'createClient')?.configurable !== true) return
  wrapMethod(exports, 'createClient', (original, wrapping) => {
    return function createClient(this: unknown, ...args: unknown[]): unknown {
      const client = Reflect.apply(original, this, args) as Any
      if (!wrapping.isActive) return client
      noteUrl(client, (args[0] as Any)?.url)
      if (isSocketDue && client.protocol === 'ws') wrapRemoteClient(Object.getPrototypeOf(client), driver)
      return client
    }
  })
}

/** Without a loader hook nobody has seen that the client loads `libsql`. */
function wrapLibsql(driver: DriverInfo): void {
  for (const module of Object.values(loadedModules())) {
    if (module?.loaded && libsql.matches(module.exports)) libsql.patch(module.exports, driver, 'patch')
  }
}
