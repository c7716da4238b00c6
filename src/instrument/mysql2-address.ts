import type { PoolState, ServerAddress } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** Where a connection or a pool of mysql2 connects to, as it was configured. */
export function addressOf(through: object): ServerAddress | undefined {
  const { config } = through as Any
  const options = config?.connectionConfig ?? config
  if (options === undefined) return undefined
  const { host, port, database, socketPath } = options
  if (socketPath) return { host: socketPath, database: database || undefined }
  return { host, port: port === undefined ? undefined : Number(port), database: database || undefined }
}

/** State of a pool of mysql2; private members, so looked up with care. */
export function poolStateOf(through: object): PoolState | undefined {
  const { _allConnections: all, _freeConnections: free, _connectionQueue: waiting, config } = through as Any
  if (typeof all?.length !== 'number' || typeof free?.length !== 'number') return undefined
  return {
    idle: free.length,
    used: all.length - free.length,
    pending: waiting?.length ?? 0,
    max: config?.connectionLimit ?? 0,
  }
}
