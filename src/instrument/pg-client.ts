import { takeCheckoutSite } from './checkout.ts'
import { now } from './clock.ts'
import { connectionOf } from './connection.ts'
import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo, StatementMessage } from './message.ts'
import { wrapMethod } from './patch.ts'
import { wrapPgConnect } from './pg-connect.ts'
import { takeAdoption } from './pg-handover.ts'
import { watchQuery, wrapPgQuery } from './pg-query.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: pg's own objects
type Any = any

/** Makes `Client.query` publish, in every form of call; also serves `pg.native`, whose client has the same method. */
export function wrapPgClient(Client: Any, driver: DriverInfo): void {
  wrapPgQuery(Client.Query)
  wrapPgConnect(Client.prototype)
  wrapMethod(Client.prototype, 'query', (original, wrapping) => {
    return function query(this: Any, ...args: Any[]): unknown {
      if (!wrapping.isActive) return Reflect.apply(original, this, args)
      const adopted = takeAdoption()
      const config = args[0]
      if (config === null || config === undefined) return Reflect.apply(original, this, args)
      const message = adopted === undefined ? start(this, args, driver, query) : adopted.message
      if (message === undefined) return Reflect.apply(original, this, args)
      if (adopted !== undefined) {
        message.acquiredAt = now()
        // the pool started it, and this driver sends it
        driver.onFirstUse?.()
      }
      return send(this, original, args, message, adopted !== undefined)
    }
  })
}

function start(client: Any, args: Any[], driver: DriverInfo, below: () => unknown): StatementMessage | undefined {
  const [config, values, callback] = args
  const message = startStatement(driver, textOf(config, client), parametersOf(config, values), below, undefined, client)
  if (message === undefined) return undefined
  message.hasCallback =
    typeof values === 'function' || typeof callback === 'function' || typeof config.submit === 'function'
  message.hasCallback ||= typeof config.callback === 'function'
  takeCheckoutSite(client, message)
  return message
}

/** Runs the original and finds the query object that stands for this call, to learn from it how the call ends. */
function send(
  client: Any,
  original: (...args: Any[]) => unknown,
  args: Any[],
  message: StatementMessage,
  isAdopted: boolean,
): unknown {
  const before = lastQuery(client)
  let result: unknown
  try {
    result = Reflect.apply(original, client, args)
  } catch (error) {
    message.end(error, 0)
    throw error
  }
  try {
    message.connection = connectionOf(client)
    const isSubmittable = typeof args[0].submit === 'function'
    const query = isSubmittable ? args[0] : lastQuery(client)
    if (query !== undefined && (isSubmittable || query !== before)) watchQuery(query, message)
    else if (!(result instanceof Promise)) message.end(new Error('not sent: the client is closed'), 0)
    else return settleUnsent(result, message)
    if (!isAdopted) return withCallSite(result, message)
  } catch (error) {
    reportFailure('pg client', error)
  }
  return result
}

/** Private members, so looked up with care: `_queryQueue` since 8.17, `queryQueue` before; pipelines have a second one. */
function lastQuery(client: Any): Any {
  const queue = client._queryQueue
  // the public names warn in the versions that have the private ones
  if (queue === undefined) return client.queryQueue?.at(-1) ?? client.activeQuery ?? undefined
  if (queue.length > 0) return queue[queue.length - 1]
  const sent = client._sentQueryQueue
  if (sent !== undefined && sent.length > 0) return sent[sent.length - 1]
  return client._activeQuery ?? undefined
}

/** A client that is closed rejects without ever queueing a query. */
async function settleUnsent<Value>(promise: Promise<Value>, message: StatementMessage): Promise<Value> {
  try {
    const value = await promise
    message.end(undefined, 0)
    return value
  } catch (error) {
    message.end(error, 0)
    throw error
  }
}

/** Text of a call: a string, a config object, a cursor, a stream around a cursor, or the name of a prepared statement. */
export function textOf(config: Any, client: Any): string {
  if (typeof config === 'string') return config
  const text = config.text ?? config.cursor?.text
  if (typeof text === 'string') return text
  return client?.connection?.parsedStatements?.[config.name] ?? String(config.name ?? text ?? '')
}

/** Bound values of a call, wherever they were given. */
export function parametersOf(config: Any, values: Any): readonly unknown[] | undefined {
  const bound = Array.isArray(values) ? values : (config.values ?? config.cursor?.values)
  return Array.isArray(bound) ? bound : undefined
}
