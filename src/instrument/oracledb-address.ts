import type { PoolState, ServerAddress } from './message.ts'

// biome-ignore lint/suspicious/noExplicitAny: oracledb's own objects
type Any = any

/**
 * Where a connection of oracledb is connected to: `instance|database|service`, as much of it as the driver knows by now. A
 * pool knows how it was told to connect, and no more.
 *
 * @param through a pool, or what is behind the object of a connection, which is made anew at each checkout.
 */
export function addressOf(through: object): ServerAddress | undefined {
  const names = ['getInstanceName', 'getPdbName', 'getServiceName'].map((name) => read(through, name))
  const database = names.filter((name) => typeof name === 'string' && name !== '').join('|')
  const [host, port] = [read(through, 'getHostName'), read(through, 'getPort')]
  if (typeof host !== 'string' && database === '') return connectStringOf(through)
  return {
    host: typeof host === 'string' ? host : undefined,
    port: typeof port === 'number' ? port : undefined,
    database: database === '' ? undefined : database,
  }
}

/** In thick mode some of these are not implemented, and throw. */
function read(connection: Any, name: string): unknown {
  try {
    return connection[name]?.()
  } catch {
    return undefined
  }
}

/** `host:port/service`, and nothing of a longer description or of an alias, which names no host. */
function connectStringOf(through: object): ServerAddress | undefined {
  const text: unknown = (through as Any)._connectString
  const match = /^(?:tcps?:)?(?:\/\/)?([\w.-]+)(?::(\d+))?\/([\w.$#-]+)$/.exec(String(text))
  if (match === null) return undefined
  const [, host, port, database] = match
  return { host, port: port === undefined ? undefined : Number(port), database }
}

/** State of a pool of oracledb, as it tells it itself. */
export function poolStateOf(through: object): PoolState | undefined {
  const { connectionsOpen, connectionsInUse, poolMax, _pendingRequestQueue: waiting } = through as Any
  if (typeof connectionsOpen !== 'number' || typeof connectionsInUse !== 'number') return undefined
  return {
    idle: connectionsOpen - connectionsInUse,
    used: connectionsInUse,
    pending: waiting?.size ?? 0,
    max: poolMax ?? 0,
  }
}
