import { withCallSite } from './deferred-call-site.ts'
import type { DriverInfo, ServerAddress, StatementMessage } from './message.ts'
import { partsOfUrl } from './pg-address.ts'
import { startStatement } from './start-statement.ts'
import { reportFailure, state } from './state.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's own objects
type Any = any

type Fetch = (url: Any, init: Any) => Promise<Any>

const WATCHED = Symbol.for('nonplus.watched')

/**
 * Makes queries over HTTP publish, those of a pool with `poolQueryViaFetch` too. All of them are fetched by the function
 * in the driver's settings, so a property there gives one of ours, which calls what is set, or `fetch`.
 */
export function wrapNeonFetch(config: Any, driver: DriverInfo): void {
  if (config[WATCHED] === true) return
  const descriptor = Object.getOwnPropertyDescriptor(config, 'fetchFunction')
  let isActive = true
  // an accessor of the driver's class, or a plain property
  let given: unknown = descriptor?.value
  const read = (): Any => (descriptor?.get === undefined ? given : Reflect.apply(descriptor.get, config, []))
  const watched: Fetch = (url, init) => fetchWatched(read() ?? fetch, url, init, driver, watched)
  Object.defineProperty(config, 'fetchFunction', {
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
    get: () => (isActive ? watched : read()),
    set(value) {
      if (value === watched) return
      if (descriptor?.set === undefined) given = value
      else Reflect.apply(descriptor.set, config, [value])
    },
  })
  Object.defineProperty(config, WATCHED, { value: true, configurable: true })
  const undo = (): void => {
    isActive = false
    state.undos.delete(undo)
    delete config[WATCHED]
    delete config.fetchFunction
    if (descriptor === undefined) return
    const restored = descriptor.get === undefined ? { ...descriptor, value: given } : descriptor
    Object.defineProperty(config, 'fetchFunction', restored)
  }
  state.undos.add(undo)
}

function fetchWatched(send: Fetch, url: Any, init: Any, driver: DriverInfo, below: Fetch): Promise<Any> {
  const messages = start(init, driver, below)
  const response = send(url, init)
  const [first] = messages
  if (first === undefined) return response
  // every one of a batch takes the call site of the first
  return withCallSite(settle(response, messages), first) as Promise<Any>
}

/** The body is `{ query, params }`, or `{ queries: [ … ] }` of a transaction that is sent at once. */
function start(init: Any, driver: DriverInfo, below: Fetch): StatementMessage[] {
  try {
    const body = JSON.parse(init.body)
    const through = throughOf(init.headers?.['Neon-Connection-String'])
    const messages: StatementMessage[] = []
    for (const { query, params } of body.queries ?? [body]) {
      const message = startStatement(driver, query, params?.length > 0 ? params : undefined, below, undefined, through)
      if (message !== undefined) messages.push(message)
    }
    return messages
  } catch (error) {
    reportFailure('neon fetch', error)
    return []
  }
}

/** Databases that are told apart; an application has a few. */
const MAX_DATABASES = 100

const databases = new Map<string, ServerAddress>()

/** There is no connection; what stands for it is where the database is, one object per connection string. */
function throughOf(url: unknown): ServerAddress | undefined {
  if (typeof url !== 'string') return undefined
  let known = databases.get(url)
  if (known === undefined) {
    known = partsOfUrl(url)
    if (databases.size < MAX_DATABASES) databases.set(url, known)
  }
  return known
}

async function settle(promise: Promise<Any>, messages: readonly StatementMessage[]): Promise<Any> {
  try {
    const response = await promise
    watchBody(response, messages)
    return response
  } catch (error) {
    for (const message of messages) message.end(error, 0)
    throw error
  }
}

/** The driver reads the body once; what it reads is looked at on its way. */
function watchBody(response: Any, messages: readonly StatementMessage[]): void {
  if (!response.ok && response.status !== 400) {
    for (const message of messages) message.end(new Error(`HTTP status ${response.status}`), 0)
    return
  }
  const { json } = response
  Object.defineProperty(response, 'json', {
    configurable: true,
    writable: true,
    async value(this: unknown): Promise<unknown> {
      try {
        const body = await Reflect.apply(json, response, [])
        endAll(messages, response.ok ? undefined : body, body)
        return body
      } catch (error) {
        endAll(messages, error, undefined)
        throw error
      }
    },
  })
}

function endAll(messages: readonly StatementMessage[], error: unknown, body: Any): void {
  const [first] = messages
  for (const [index, message] of messages.entries()) {
    message.callSite ??= first?.callSite
    // the driver replaces `rows`, but leaves the list of texts as it came
    const result = error === undefined ? (body.results ?? [body])[index] : undefined
    const rows: unknown[] = result?.rows ?? []
    const count = rows.length > 0 ? rows.length : (result?.rowCount ?? 0)
    message.end(error, count, rows.length > 0 ? { rows, fields: result.fields } : undefined)
  }
}
