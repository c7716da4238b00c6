import { connectionOf } from './connection.ts'
import type { Instrumentation } from './instrumentation.ts'
import { loadedModules } from './loaded-modules.ts'
import type { DriverInfo } from './message.ts'
import { wrapMethod } from './patch.ts'
import { sqliteAddressOf } from './sqlite-address.ts'
import { sqliteParametersOf } from './sqlite-parameters.ts'
import { sqliteColumnsOf } from './sqlite-rows.ts'
import { type SyncReading, wrapExec, wrapStatements } from './sqlite-sync.ts'

// biome-ignore lint/suspicious/noExplicitAny: better-sqlite3's own objects
type Any = any

/**
 * better-sqlite3: everything runs in the call. Its statements are a class of the native addon, which is loaded with the
 * first database; `transaction()` and `pragma()` run statements of that class too.
 */
export const betterSqlite3: Instrumentation = {
  module: 'better-sqlite3',
  versions: '>=11 <14',
  dialect: 'sqlite',
  via: 'patch',
  columnsOf: sqliteColumnsOf,
  addressOf: sqliteAddressOf,
  // memory, temporary and attached tables are seen by no other
  openAside: async (through) => ({ driver: 'better-sqlite3', handle: through, ...moduleOf(through.constructor) }),
  asideKeyOf: (through) => `better-sqlite3 ${connectionOf(through)}`,
  matches(exports) {
    const prototype = (exports as Any)?.prototype
    // libsql has the same methods, and `sync` beside them
    return (
      ['prepare', 'exec', 'pragma', 'table'].every((name) => hasMethod(prototype, name)) &&
      !hasMethod(prototype, 'sync')
    )
  },
  patch(exports, driver) {
    const { prototype } = exports as Any
    const reading = readingOf(driver)
    wrapExec(prototype, driver)
    wrapPreparing(prototype, reading)
    wrapLoadedAddons(reading)
  },
}

/** The file that this copy was loaded from: another thread loads it from there, too. */
function moduleOf(exports: unknown): { readonly module?: string } {
  const found = Object.entries(loadedModules()).find(([, module]) => module?.exports === exports)
  return found === undefined ? {} : { module: found[0] }
}

function hasMethod(prototype: Any, name: string): boolean {
  return typeof prototype?.[name] === 'function'
}

/** Values that `bind()` bound for good. */
const bound = new WeakMap<object, readonly unknown[]>()

function readingOf(driver: DriverInfo): SyncReading {
  return {
    driver,
    textOf: (statement) => statement.source,
    parametersOf: (statement, args) => (args.length === 0 ? bound.get(statement) : sqliteParametersOf(args)),
    databaseOf: (statement) => statement.database,
  }
}

function wrapStatementClass(prototype: object, reading: SyncReading): void {
  wrapStatements(prototype, reading)
  wrapMethod(prototype, 'bind', (original, wrapping) => {
    return function bind(this: Any, ...args: unknown[]): unknown {
      const result = Reflect.apply(original, this, args)
      if (wrapping.isActive) bound.set(this, sqliteParametersOf(args))
      return result
    }
  })
}

/** The class of the statements shows itself in the first statement that is prepared; each copy of the addon has its own. */
function wrapPreparing(prototype: Any, reading: SyncReading): void {
  const { prepare } = prototype
  let wrapped: object | null = null
  const wrapClassOf = (statement: object): void => {
    const found = Object.getPrototypeOf(statement) as object
    if (found === wrapped) return
    wrapped = found
    wrapStatementClass(found, reading)
  }
  wrapMethod(prototype, 'prepare', (original, wrapping) => {
    return function (this: unknown, ...args: unknown[]): unknown {
      const statement = Reflect.apply(original, this, args)
      if (wrapping.isActive) wrapClassOf(statement as object)
      return statement
    }
  })
  for (const name of ['pragma', 'transaction']) {
    wrapMethod(prototype, name, (original, wrapping) => {
      return function (this: unknown, ...args: unknown[]): unknown {
        if (wrapping.isActive && wrapped === null) {
          try {
            wrapClassOf(Reflect.apply(prepare, this, ['select 1']) as object)
          } catch {
            // closed: what the application called will say so
          }
        }
        return Reflect.apply(original, this, args)
      }
    })
  }
}

/** Statements may have been prepared before nonplus came: their addon is loaded by now. */
function wrapLoadedAddons(reading: SyncReading): void {
  for (const [file, module] of Object.entries(loadedModules())) {
    if (!file.endsWith('.node')) continue
    const { Statement, StatementIterator, Backup } = (module?.exports ?? {}) as Any
    if (StatementIterator !== undefined && Backup !== undefined) wrapStatementClass(Statement.prototype, reading)
  }
}
