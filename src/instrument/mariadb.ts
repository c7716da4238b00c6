import type { Instrumentation } from './instrumentation.ts'
import { addressOf, poolStateOf, wrapMariadbAddress } from './mariadb-address.ts'
import { mariadbAsideKeyOf, openMariadbAside } from './mariadb-aside.ts'
import { wrapMariadbCalls } from './mariadb-calls.ts'
import { findMariadbClasses } from './mariadb-classes.ts'
import { wrapMariadbCommands } from './mariadb-commands.ts'
import { columnsOf } from './mariadb-result.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's exports, narrowed by the checks of each function
type Any = any

const FUNCTIONS = ['createConnection', 'createPool', 'createPoolCluster', 'defaultOptions', 'SqlError']

/**
 * The MariaDB connector, in its promise API and in that of `mariadb/callback`. It publishes no diagnostics channel, so
 * the methods of its classes are patched, of pool and connection, where the application calls them.
 */
export const mariadb: Instrumentation = {
  module: 'mariadb',
  entries: ['mariadb/callback'],
  versions: '>=3.2 <4',
  dialect: 'mysql',
  via: 'patch',
  files: { import: ['promise.js', 'callback.js'], require: [] },
  columnsOf,
  addressOf,
  poolStateOf,
  openAside: openMariadbAside,
  asideKeyOf: mariadbAsideKeyOf,
  matches: (exports) => FUNCTIONS.every((name) => typeof (exports as Any)?.[name] === 'function'),
  patch(exports, driver) {
    const classes = findMariadbClasses(exports)
    wrapMariadbCalls(classes, driver)
    wrapMariadbCommands(classes)
    wrapMariadbAddress(classes)
  },
}
