import { connectionOf } from './connection.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { sqliteParametersOf } from './sqlite-parameters.ts'
import { preparedOf, wrapPrepare } from './sqlite-prepared.ts'
import { sqliteColumnsOf } from './sqlite-rows.ts'
import { type SyncReading, wrapExec, wrapStatements } from './sqlite-sync.ts'

// biome-ignore lint/suspicious/noExplicitAny: libsql's own objects
type Any = any

/**
 * libsql: the methods of better-sqlite3 on a database of libSQL. `@libsql/client` runs the statements of local files and
 * in-memory databases through it, and they are seen here, once.
 */
export const libsql: Instrumentation = {
  module: 'libsql',
  versions: '>=0.5 <0.6',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  openAside: async (through) => ({ driver: 'better-sqlite3', handle: through }),
  asideKeyOf: (through) => `libsql ${connectionOf(through)}`,
  matches(exports) {
    const prototype = (exports as Any)?.prototype
    const hasMethods = ['prepare', 'exec', 'pragma', 'syncUntil'].every(
      (name) => typeof prototype?.[name] === 'function',
    )
    // `libsql/promise` has them too, but its `exec` hands on the promise of the addon
    return hasMethods && !/Async/.test(Function.prototype.toString.call(prototype.exec))
  },
  patch(exports, driver) {
    const { prototype } = exports as Any
    wrapExec(prototype, driver)
    // the class of the statements is not exported
    wrapPrepare(prototype, {
      onFirst: (statement) => wrapStatements(Object.getPrototypeOf(statement), readingOf(driver)),
    })
  },
}

function readingOf(driver: DriverInfo): SyncReading {
  return {
    driver,
    callsItself: true,
    textOf: (statement) => preparedOf(statement)?.text ?? '',
    parametersOf: (_statement, args) => (args.length === 0 ? undefined : sqliteParametersOf(args)),
    databaseOf: (statement) => preparedOf(statement)?.database,
  }
}
