import type { ServerAddress } from './message.ts'
import type { PostgresOptions } from './postgres-options.ts'

/** Where an instance of postgres.js connects to. Of several servers it takes one, and does not tell which. */
export function addressOf(through: object): ServerAddress {
  const { host: hosts = [], port: ports = [], path, database } = through as PostgresOptions
  if (path) return { host: path, database }
  return hosts.length === 1 ? { host: hosts[0], port: Number(ports[0]), database } : { database }
}
