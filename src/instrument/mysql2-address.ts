import type { ServerAddress } from './message.ts'

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
