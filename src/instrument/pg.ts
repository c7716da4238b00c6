import type { Instrumentation } from './instrumentation.ts'
import type { DriverInfo } from './message.ts'
import { addressOf, poolStateOf } from './pg-address.ts'
import { openPgAside, pgAsideKeyOf } from './pg-aside.ts'
import { wrapPgClient } from './pg-client.ts'
import { wrapPgPool } from './pg-pool.ts'
import { columnsOf } from './pg-query.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's exports, narrowed by the checks of each function
type Any = any

/**
 * node-postgres. It publishes no diagnostics channel, so its prototypes are patched: `Client.query`, where most calls
 * arrive, and `Pool.query` and `Pool.connect`, because a pool calls `Client.query` from a callback that runs in another
 * request's context and without the application on its stack.
 */
export const pg: Instrumentation = {
  module: 'pg',
  versions: '>=8.0.3 <9',
  dialect: 'postgresql',
  via: 'patch',
  columnsOf,
  addressOf,
  poolStateOf,
  openAside: openPgAside,
  asideKeyOf: pgAsideKeyOf,
  tracedMethods: (exports) => [(exports as Any).Client.prototype.query],
  matches: (exports) => isClient((exports as Any)?.Client) && typeof (exports as Any).Pool === 'function',
  patch(exports, driver) {
    const module = exports as Any
    wrapPgClient(module.Client, driver)
    // `pg.Pool` is a subclass bound to its Client; the prototype above it is the one of pg-pool, which all pools share
    const shared = Object.getPrototypeOf(module.Pool.prototype)
    wrapPgPool(typeof shared?.connect === 'function' ? shared : module.Pool.prototype, driver)
    watchNative(module, driver)
  },
}

/** The pool of node-postgres, used directly: `new Pool({}, Client)`. */
export const pgPool: Instrumentation = {
  module: 'pg-pool',
  versions: '>=3.0.0 <4',
  dialect: 'postgresql',
  via: 'patch',
  columnsOf,
  addressOf,
  poolStateOf,
  openAside: openPgAside,
  asideKeyOf: pgAsideKeyOf,
  tracedMethods: (_exports, through) => [(through as Any)?.Client?.prototype.query],
  matches(exports) {
    const prototype = (exports as Any)?.prototype
    // pg's own Connection also has `connect` and `query`; only a pool hands out what it has idle
    return ['connect', 'query', '_pulseQueue'].every((name) => typeof prototype?.[name] === 'function')
  },
  patch(exports, driver) {
    wrapPgPool((exports as Any).prototype, driver)
  },
}

function isClient(value: Any): boolean {
  return typeof value === 'function' && typeof value.prototype?.query === 'function' && value.Query !== undefined
}

// `pg.native` requires libpq at its first read, so it must not be read here; whoever reads it gets it hooked
function watchNative(module: Any, driver: DriverInfo): void {
  const descriptor = Object.getOwnPropertyDescriptor(module, 'native')
  if (descriptor?.get === undefined) {
    if (descriptor?.value?.Client !== undefined) pg.patch(descriptor.value, driver, 'patch')
    return
  }
  if (!descriptor.configurable) return
  const read = descriptor.get
  Object.defineProperty(module, 'native', {
    ...descriptor,
    get(this: unknown) {
      const native = Reflect.apply(read, this, [])
      if (native !== null && pg.matches(native)) pg.patch(native, driver, 'patch')
      return native
    },
  })
}
