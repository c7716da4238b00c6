import { connectionOf } from './connection.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { wrapMethod } from './patch.ts'
import { sqliteAddressOf } from './sqlite-address.ts'
import { sqliteParametersOf } from './sqlite-parameters.ts'
import { preparedOf, wrapPrepare } from './sqlite-prepared.ts'
import { sqliteColumnsOf } from './sqlite-rows.ts'
import { type SyncReading, wrapExec, wrapStatements } from './sqlite-sync.ts'

// biome-ignore lint/suspicious/noExplicitAny: Node's own objects
type Any = any

/** SQLite as it is built into Node: everything runs in the call. It publishes no diagnostics channel. */
export const nodeSqlite: Instrumentation = {
  module: 'node:sqlite',
  versions: '>=22.13',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  addressOf: sqliteAddressOf,
  // memory, temporary and attached tables are seen by no other
  openAside: async (through) => ({ driver: 'node:sqlite', handle: through, module: 'node:sqlite' }),
  asideKeyOf: (through) => `node:sqlite ${connectionOf(through)}`,
  matches(exports) {
    const { DatabaseSync, StatementSync } = (exports ?? {}) as Any
    return typeof DatabaseSync?.prototype?.exec === 'function' && typeof StatementSync?.prototype?.all === 'function'
  },
  patch(exports, driver) {
    const { DatabaseSync, StatementSync } = exports as Any
    wrapExec(DatabaseSync.prototype, driver)
    wrapPrepare(DatabaseSync.prototype)
    wrapStatements(StatementSync.prototype, readingOf(driver))
    wrapTagStore(DatabaseSync.prototype, driver)
  },
}

function readingOf(driver: DriverInfo): SyncReading {
  return {
    driver,
    textOf: (statement) => preparedOf(statement)?.text ?? statement.sourceSQL,
    parametersOf: (_statement, args) => (args.length === 0 ? undefined : sqliteParametersOf(args)),
    databaseOf: (statement) => preparedOf(statement)?.database,
  }
}

/** Statements of a tag store run inside of Node and not through `StatementSync`; each store has a class of its own. */
function wrapTagStore(prototype: object, driver: DriverInfo): void {
  if (!('createTagStore' in prototype)) return
  const reading: SyncReading = {
    driver,
    textOf: (_store, [strings]) => (Array.isArray(strings) ? strings.join('?') : String(strings)),
    parametersOf: (_store, args) => args.slice(1),
    databaseOf: (store) => store.db,
  }
  wrapMethod(prototype, 'createTagStore', (original, wrapping) => {
    return function createTagStore(this: unknown, ...args: unknown[]): unknown {
      const store = Reflect.apply(original, this, args)
      if (wrapping.isActive) wrapStatements(Object.getPrototypeOf(store), reading, wrapping)
      return store
    }
  })
}
