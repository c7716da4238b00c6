import type { MariadbClasses } from './mariadb-classes.ts'
import type { PoolState, ServerAddress } from './message.ts'
import { type Method, type Wrapping, wrapMethod } from './patch.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

let isAsking = false
let asked: Any

/**
 * What the application holds keeps the pool or connection within private. But it hands harmless questions on to it, and
 * there the one that is asked can be seen.
 */
export function wrapMariadbAddress({ basePool, baseConnection }: MariadbClasses): void {
  const tell = (original: Method, wrapping: Wrapping): Method => {
    return function answer(this: unknown, ...args: unknown[]): unknown {
      if (isAsking && wrapping.isActive) asked = this
      return Reflect.apply(original, this, args)
    }
  }
  wrapMethod(basePool, 'totalConnections', tell)
  wrapMethod(baseConnection, 'isValid', tell)
}

const within = new WeakMap<object, object>()

function optionsOf(through: Any): Any {
  let inner: Any = within.get(through)
  if (inner === undefined) {
    isAsking = true
    asked = undefined
    try {
      if (typeof through.totalConnections === 'function') through.totalConnections()
      else through.isValid?.()
    } finally {
      isAsking = false
    }
    inner = asked
    if (inner !== undefined) within.set(through, inner)
  }
  return inner?.opts
}

/** Where a connection or a pool of mariadb connects to, as it was configured. */
export function addressOf(through: object): ServerAddress | undefined {
  const options = optionsOf(through)
  const connection = options?.connOptions ?? options
  if (connection === undefined) return undefined
  const { host, port, database, socketPath } = connection
  const named = { database: database || undefined }
  return socketPath ? { host: socketPath, ...named } : { host, port: port && Number(port), ...named }
}

/** State of a pool of mariadb, as it tells it itself. */
export function poolStateOf(through: object): PoolState | undefined {
  const pool = through as Any
  if (typeof pool.totalConnections !== 'function') return undefined
  return {
    idle: pool.idleConnections(),
    used: pool.activeConnections(),
    pending: pool.taskQueueSize(),
    max: optionsOf(pool)?.connectionLimit ?? 0,
  }
}
