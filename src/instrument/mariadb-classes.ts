import { EventEmitter } from 'node:events'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/** Prototypes of the classes behind the functions that mariadb exports. */
export interface MariadbClasses {
  /** What `createPool` returns; of the promise API or of the callback API, as all that follow. */
  readonly pool: Any
  /** The pool within, which both APIs share. */
  readonly basePool: Any
  /** What the cluster's `of` returns. */
  readonly filteredCluster: Any
  /** The connection within, which both APIs share. */
  readonly baseConnection: Any
  /** What `createConnection` gives: known at once in the callback API, with a promise in the other. */
  readonly connection: Any | Promise<Any>
}

/**
 * Finds the classes of a copy of mariadb. It exports functions only, in an ES module or in a minified bundle, so that
 * neither the functions can be replaced nor the classes be required. But what the functions make can be looked at: a
 * pool is stopped in its constructor, as soon as its class is known, and a connection is kept from connecting; nothing
 * is opened, and no timer started.
 *
 * @throws Error where a class is not found: another version.
 */
export function findMariadbClasses(exports: unknown): MariadbClasses {
  const { createPool, createConnection, createPoolCluster } = exports as Any
  let pool: Any
  let basePool: Any
  let baseConnection: Any
  quietly(() =>
    watchEmitters(
      () => createPool({}),
      (emitter) => {
        if (typeof emitter.getConnection !== 'function') return
        if (typeof emitter.query === 'function') pool = Object.getPrototypeOf(emitter)
        else {
          basePool = Object.getPrototypeOf(emitter)
          throw new Error('seen enough')
        }
      },
    ),
  )
  const connection = watchEmitters(
    () => createConnection({}),
    (emitter) => {
      if (typeof emitter.addCommandEnable !== 'function') return
      baseConnection = Object.getPrototypeOf(emitter)
      emitter.connect = () => Promise.resolve()
    },
  )
  const filteredCluster = Object.getPrototypeOf(createPoolCluster({}).of('*'))
  if (pool === undefined || basePool === undefined || baseConnection === undefined) {
    if (connection instanceof Promise) connection.catch(() => {})
    throw new Error('the classes of mariadb were not found')
  }
  return {
    pool,
    basePool,
    filteredCluster,
    baseConnection,
    connection:
      connection instanceof Promise
        ? connection.then((opened) => Object.getPrototypeOf(opened))
        : Object.getPrototypeOf(connection),
  }
}

/** Runs `fn`, and shows `see` each EventEmitter that is made meanwhile, at the start of its constructor. */
function watchEmitters(fn: () => Any, see: (emitter: Any) => void): Any {
  const events = EventEmitter as Any
  const { init } = events
  events.init = function (this: Any, ...args: Any[]): unknown {
    const result = Reflect.apply(init, this, args)
    see(this)
    return result
  }
  try {
    return fn()
  } finally {
    events.init = init
  }
}

function quietly(fn: () => void): void {
  try {
    fn()
  } catch {
    // that was us
  }
}
