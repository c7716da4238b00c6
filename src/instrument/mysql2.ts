import { createRequire } from 'node:module'
import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { addressOf, poolStateOf } from './mysql2-address.ts'
import { mysql2AsideKeyOf, openMysql2Aside } from './mysql2-aside.ts'
import { listenToMysql2 } from './mysql2-channel.ts'
import { columnsOf } from './mysql2-command.ts'
import { hookConnection } from './mysql2-connection.ts'
import { hookNamespace, hookPool, publishes } from './mysql2-pool.ts'
import { hookPromised, wrapPromise } from './mysql2-promise.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's exports, narrowed by the checks of each function
type Any = any

/**
 * mysql2. Since 3.20 its channels say when a call of `query` or `execute` begins and ends, and when a pool is asked for
 * a connection; before, the same is wrapped. What no version publishes is wrapped in all of them: the call on a pool,
 * the text with its placeholders, columns and status, prepared statements, and the promises.
 */
export const mysql2: Instrumentation = {
  module: 'mysql2',
  entries: ['mysql2/promise'],
  versions: '>=3.0.1 <4',
  dialect: 'mysql',
  via: 'channel',
  columnsOf,
  addressOf,
  poolStateOf,
  openAside: openMysql2Aside,
  asideKeyOf: mysql2AsideKeyOf,
  tracedMethods,
  matches: (exports) => isCore(exports as Any) || isPromised(exports as Any),
  viaOf(exports, version) {
    const [major = 0, minor] = version.split('.').map(Number)
    if (minor !== undefined) return major > 3 || (major === 3 && minor >= 20) ? 'channel' : 'patch'
    return !isCore(exports as Any) || publishes((exports as Any).Pool.prototype.getConnection) ? 'channel' : 'patch'
  },
  listen: listenToMysql2,
  patch(exports, driver) {
    const module = exports as Any
    if (isCore(module)) {
      hookConnection(module.Connection.prototype, driver)
      hookPool(module.Pool.prototype, driver)
      hookNamespace(new module.PoolCluster({}).of('*'), driver)
      for (const { prototype } of [module.Connection, module.PoolConnection, module.Pool])
        wrapPromise(prototype, driver)
    } else {
      for (const { prototype } of [module.PromiseConnection, module.PromisePool]) hookPromised(prototype, driver)
      hookCluster(module, driver)
    }
  },
}

function isCore(module: Any): boolean {
  const { Connection, Pool } = module ?? {}
  return typeof Connection?.prototype?.addCommand === 'function' && typeof Pool?.prototype?.getConnection === 'function'
}

/** The promise API does not export the class whose methods are wrapped; the copy of it that is loaded is the one. */
function tracedMethods(exports: unknown): unknown[] {
  const connection = isCore(exports as Any) ? (exports as Any).Connection : loadedConnection()
  return [connection?.prototype?.query]
}

let loaded: Any

function loadedConnection(): Any {
  if (loaded === undefined) {
    const modules = Object.values(createRequire(import.meta.url).cache)
    loaded = modules.find((module) => /[\\/]mysql2[\\/]lib[\\/]connection\.js$/.test(module?.filename ?? ''))?.exports
  }
  return loaded
}

function isPromised(module: Any): boolean {
  const { PromiseConnection, PromisePool } = module ?? {}
  return [PromiseConnection, PromisePool].every((promised) => typeof promised?.prototype?.execute === 'function')
}

/** The namespaces of the promise API are not exported; an empty cluster makes one, and opens nothing. */
function hookCluster({ createPoolCluster }: Any, driver: DriverInfo): void {
  const cluster = createPoolCluster({})
  if (typeof cluster.of === 'function') hookPromised(cluster.of('*'), driver)
}
