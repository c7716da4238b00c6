import type { PoolState, ServerAddress } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/** Where a client or a pool of node-postgres connects to; a pool knows it from its first client or its options. */
export function addressOf(through: object): ServerAddress | undefined {
  const { options, _clients: clients } = through as Any
  if (options === undefined) return partsOf(through)
  return partsOf(clients?.[0] ?? { ...options, ...partsOfUrl(options.connectionString) })
}

function partsOf({ host, port, database }: Any): ServerAddress | undefined {
  if (host === undefined && database === undefined) return undefined
  return {
    host: host ?? undefined,
    port: port === undefined ? undefined : Number(port),
    database: database ?? undefined,
  }
}

/** Host, port and database of a connection string, without its credentials. */
export function partsOfUrl(text: unknown): ServerAddress {
  if (typeof text !== 'string' || !URL.canParse(text)) return {}
  const { hostname, port, pathname } = new URL(text)
  const database = decodeURIComponent(pathname.slice(1))
  return {
    ...(hostname === '' ? {} : { host: hostname }),
    ...(port === '' ? {} : { port: Number(port) }),
    ...(database === '' ? {} : { database }),
  }
}

/** State of a pool of node-postgres, as it tells it itself. */
export function poolStateOf(through: object): PoolState | undefined {
  const { totalCount, idleCount, waitingCount, options } = through as Any
  if (typeof totalCount !== 'number' || typeof idleCount !== 'number') return undefined
  return { idle: idleCount, used: totalCount - idleCount, pending: waitingCount, max: options?.max ?? 0 }
}
