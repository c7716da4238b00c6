import { ASIDE_TIMEOUT_MS, type Aside, letGo } from './aside.ts'
import { runAsOwn } from './own-work.ts'
import { wrapMethod } from './patch.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/** The pool that made a client: it has the options as they were given, and a client has not. */
const pools = new WeakMap<object, object>()

/** What a client was given as its password, where that is asked anew for each connection. */
const passwords = new WeakMap<object, unknown>()

/** Remembers which pool a client is of. */
export function notePoolClients(prototype: object): void {
  wrapMethod(prototype, 'newClient', (original, wrapping) => {
    return function newClient(this: Any, ...args: unknown[]): unknown {
      const result = Reflect.apply(original, this, args)
      const client = this._clients?.at(-1)
      if (wrapping.isActive && client !== undefined) pools.set(client, this)
      return result
    }
  })
}

/** Remembers the password of a client that is about to connect, where it is a function: the driver replaces it. */
export function notePassword(client: Any): void {
  if (typeof client.password === 'function') passwords.set(client, client.password)
}

/**
 * Connects to where a client or a pool of node-postgres goes, as it does.
 *
 * @param exports of the copy of pg, for clients of libpq: ours is of JavaScript.
 * @throws the driver's error, where there is no connection.
 */
export async function openPgAside(through: object, exports: unknown): Promise<Aside> {
  const Client = classFor(through as Any, exports as Any)
  return await runAsOwn(async () => {
    const client = new Client(configOf(through as Any))
    // what goes wrong later is learnt from the next query
    client.on('error', () => {})
    const connected = client.connect()
    letGo(client.connection?.stream)
    letGo(client.connectionTimeoutHandle)
    await connected
    letGo(client.connection?.stream)
    return { driver: 'pg', handle: client as object }
  })
}

/** Read once: a pool that has ended has no client any more to tell it. */
const keys = new WeakMap<object, string>()

/** Where a client or a pool of node-postgres goes, and as whom. */
export function pgAsideKeyOf(through: object): string {
  let key = keys.get(through)
  if (key === undefined) {
    key = keyOf(through)
    keys.set(through, key)
  }
  return key
}

function keyOf(through: Any): string {
  const { connectionParameters, options, _clients: clients } = through
  const {
    user,
    host,
    port,
    database,
    options: given,
  } = connectionParameters ?? clients?.[0]?.connectionParameters ?? {}
  const parts = host === undefined ? [options?.connectionString, options?.host, options?.port, options?.user] : []
  return ['pg', user, host, port, database ?? options?.database, given, ...parts].join(' ')
}

function classFor(through: Any, exports: Any): Any {
  const candidates = [through.Client, through.constructor, exports?.Client, exports?.default?.Client]
  const found = candidates.find((candidate) => typeof candidate?.prototype?.getStartupConf === 'function')
  if (found === undefined) throw new Error('this copy of the driver has no client that nonplus can open')
  return found
}

function configOf(through: Any): object {
  const pool: Any = typeof through.newClient === 'function' ? through : pools.get(through)
  const settings = { connectionTimeoutMillis: ASIDE_TIMEOUT_MS, fallback_application_name: 'nonplus' }
  if (pool !== undefined) {
    const { options } = pool
    // both are hidden from enumeration
    const hidden = 'password' in options ? { password: options.password } : {}
    return {
      ...options,
      ...hidden,
      ...settings,
      statement_timeout: undefined,
      query_timeout: undefined,
      pipeline: false,
    }
  }
  const { user, database, host, port, options, application_name } = through.connectionParameters
  return {
    user,
    database,
    host,
    port,
    options,
    application_name,
    password: passwords.get(through) ?? through.password,
    ssl: through.ssl ?? through.connectionParameters.ssl,
    enableChannelBinding: through.enableChannelBinding,
    ...settings,
  }
}
