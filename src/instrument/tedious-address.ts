import type { PoolState, ServerAddress } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: objects of tedious and mssql
type Any = any

/** The pool of mssql that a connection was lent by last. */
const pools = new WeakMap<object, object>()

/** Notes by which pool of mssql a connection of tedious is lent. */
export function notePool(connection: unknown, pool: object): void {
  if (typeof connection === 'object' && connection !== null) pools.set(connection, pool)
}

/** Where a connection of tedious, or a pool of mssql, connects to, as it was configured: `instance|database`. */
export function addressOf(through: object): ServerAddress | undefined {
  const { config } = through as Any
  if (typeof config?.server !== 'string') return undefined
  const { server: host, port, database, options } = config
  const instance: unknown = options?.instanceName
  const parts = [instance, options?.database ?? database].filter((part) => typeof part === 'string' && part !== '')
  // with the name of an instance, the port is asked for when it connects
  const number = instance ? undefined : (options?.port ?? port)
  return {
    host,
    port: number === undefined ? undefined : Number(number),
    database: parts.length === 0 ? undefined : parts.join('|'),
  }
}

/** State of a pool of mssql, or of the one that lent a connection of tedious. */
export function poolStateOf(through: object): PoolState | undefined {
  const owner = (pools.get(through) ?? through) as Any
  // once it is closed there is none within, and to ask it for its numbers throws
  if (typeof owner.pool?.numUsed !== 'function') return undefined
  const { available, borrowed, pending, pool } = owner
  return { idle: available, used: borrowed, pending, max: pool.max ?? 0 }
}
