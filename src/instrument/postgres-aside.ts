import { createRequire } from 'node:module'
import { ASIDE_TIMEOUT_MS, type Aside } from './aside.ts'
import { runAsOwn } from './own-work.ts'
import type { PostgresOptions } from './postgres-options.ts'
import { state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: postgres.js's own objects
type Any = any

/** What makes an instance. */
let driverFunction: Any

/** Remembers how instances are made, where the driver itself is met. */
export function notePostgresDriver(exports: Any): void {
  driverFunction = exports
}

/**
 * Makes an instance of postgres.js that connects to where another one does, over one connection.
 *
 * @param through options of the other one, as the driver has parsed them: it takes those too.
 */
export async function openPostgresAside(through: object): Promise<Aside> {
  const postgres = driverFunction ?? (await loadedDriver())
  if (postgres === undefined) throw new Error('this copy of the driver cannot be made to open a connection')
  const options = {
    ...(through as PostgresOptions),
    max: 1,
    connect_timeout: ASIDE_TIMEOUT_MS / 1_000,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
    prepare: false,
    debug: false,
    no_subscribe: true,
    transform: { undefined: undefined, column: {}, value: {}, row: {} },
    parsers: {},
    onnotice: () => {},
    onnotify: undefined,
    onclose: undefined,
    onparameter: undefined,
    parameters: {},
    shared: { retries: 0, typeArrayMap: {} },
  }
  return runAsOwn(() => ({ driver: 'postgres', handle: postgres(options) as object }))
}

/** Where an instance of postgres.js goes, and as whom. */
export function postgresAsideKeyOf(through: object): string {
  const { user, host, port, path, database, connection } = through as PostgresOptions
  return ['postgres', user, host, port, path, database, connection?.options, connection?.search_path].join(' ')
}

/** The driver beside the file of its queries, where only that was met; a loaded module is not evaluated again. */
async function loadedDriver(): Promise<Any> {
  const handedOver = state.services.get('es modules') as ReadonlyMap<string, unknown> | undefined
  for (const url of handedOver?.keys() ?? []) {
    if (!/\/postgres\/src\/query\.js$/.test(url)) continue
    const { default: postgres } = (await import(new URL('index.js', url).href)) as { default?: Any }
    if (typeof postgres === 'function') return postgres
  }
  const required = Object.values(createRequire(import.meta.url).cache).find((module) =>
    /[\\/]postgres[\\/]cjs[\\/]src[\\/]index\.js$/.test(module?.filename ?? ''),
  )
  return required?.exports
}
