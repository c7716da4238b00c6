import type { Instrumentation } from './instrumentation.ts'
import { libsql } from './libsql.ts'
import { loadedModules } from './loaded-modules.ts'
import type { DriverInfo } from './message.ts'
import { runOperation } from './operation.ts'
import { wrapMethod } from './patch.ts'
import { runIn, Scope } from './scope.ts'
import { sqliteColumnsOf } from './sqlite-rows.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: the client's own objects
type Any = any

/**
 * `@libsql/client` on local files and in memory. Its calls wait for a connection of its pool and then run their
 * statements through `libsql`, which is where they are seen, once each; so that they have the line of the call, and not
 * of whoever awaits it, the call is remembered.
 */
export const libsqlClient: Instrumentation = {
  module: '@libsql/client',
  entries: ['@libsql/client/node', '@libsql/client/sqlite3'],
  versions: '>=0.15 <0.19',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  matches(exports) {
    const { createClient, LibsqlError } = (exports ?? {}) as Any
    return typeof createClient === 'function' && typeof LibsqlError === 'function'
  },
  patch(exports, driver) {
    const { Sqlite3Client, createClient } = exports as Any
    const prototype = Sqlite3Client?.prototype ?? prototypeOfLocal(createClient)
    if (prototype === undefined) return
    wrapLibsql(driver)
    for (const name of CALLS) wrapCall(prototype, name)
  },
}

/** Calls of a transaction wait for nothing: its statements have the application on their stack. */
const CALLS = ['execute', 'batch', 'migrate', 'executeMultiple', 'transaction']

function wrapCall(prototype: object, name: string): void {
  wrapMethod(prototype, name, (original, wrapping) => {
    return function call(this: unknown, ...args: unknown[]): unknown {
      const send = (): unknown => Reflect.apply(original, this, args)
      return wrapping.isActive ? runOperation(call, send, true) : send()
    }
  })
}

/** The class of local clients is no export, so a client in memory is made, which opens no file, and closed again. */
function prototypeOfLocal(createClient: (config: object) => Any): object | undefined {
  const nowhere = new Scope({ name: 'looking for a class', kind: 'block' })
  nowhere.isClosed = true
  const before = { ...state.counters }
  try {
    const client = runIn(nowhere, () => createClient({ url: ':memory:' }))
    client.close()
    return Object.getPrototypeOf(client) as object
  } catch {
    // the clients for servers only: `@libsql/client/web`, `/http`, `/ws`
    return undefined
  } finally {
    Object.assign(state.counters, before)
  }
}

/** Without a loader hook nobody has seen that the client loads `libsql`. */
function wrapLibsql(driver: DriverInfo): void {
  for (const module of Object.values(loadedModules())) {
    if (module?.loaded && libsql.matches(module.exports)) libsql.patch(module.exports, driver, 'patch')
  }
}
