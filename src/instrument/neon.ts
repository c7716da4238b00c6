import type { Instrumentation } from './instrumentation.ts'
import { wrapNeonFetch } from './neon-fetch.ts'
import { addressOf, poolStateOf } from './pg-address.ts'
import { openPgAside, pgAsideKeyOf } from './pg-aside.ts'
import { wrapPgClient } from './pg-client.ts'
import { wrapPgPool } from './pg-pool.ts'
import { columnsOf } from './pg-query.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's exports, narrowed by the checks of each function
type Any = any

/**
 * Neon's serverless driver, which `@vercel/postgres` wraps: a copy of node-postgres that talks through a WebSocket, so it
 * is patched as that is, and queries over HTTP, which are seen where they are fetched.
 */
export const neon: Instrumentation = {
  module: '@neondatabase/serverless',
  versions: '>=0.9.3 <2',
  dialect: 'postgresql',
  via: 'patch',
  files: { import: ['index.mjs'], require: ['index.js'], within: ['@vercel/postgres'] },
  columnsOf,
  addressOf,
  poolStateOf,
  openAside: openPgAside,
  asideKeyOf: pgAsideKeyOf,
  matches(exports) {
    const { Client, Pool, neon: overHttp, neonConfig } = exports as Any
    return [Client, Pool, overHttp, neonConfig?.constructor].every((value) => typeof value === 'function')
  },
  patch(exports, driver) {
    const { Client, Pool, neonConfig } = exports as Any
    wrapPgClient(Client, driver)
    wrapPgPool(Object.getPrototypeOf(Pool.prototype), driver)
    wrapNeonFetch(neonConfig, driver)
  },
}
