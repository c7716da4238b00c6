import { promisify } from 'node:util'
import { ASIDE_TIMEOUT_MS, type Aside } from './aside.ts'
import { runAsOwn } from './own-work.ts'

// biome-ignore lint/suspicious/noExplicitAny: mariadb's own objects
type Any = any

/**
 * Connects to where a connection of mariadb goes, as it does, but for what changes the shape of results.
 *
 * @param through the connection within, which has the options.
 * @throws the driver's error, where there is no connection.
 */
export async function openMariadbAside(through: object, exports: unknown): Promise<Aside> {
  const options = optionsOf((through as Any).opts)
  return await runAsOwn(async () => {
    const opened: Any = (exports as Any).createConnection(options)
    const handle: object = opened instanceof Promise ? await opened : await withPromises(opened)
    return { driver: 'mariadb', handle }
  })
}

/** Where a connection of mariadb goes, and as whom. */
export function mariadbAsideKeyOf(through: object): string {
  const { user, host, port, socketPath, database } = (through as Any).opts ?? {}
  return ['mariadb', user, host, port, socketPath, database].join(' ')
}

/** A connection of the callback API as one of the other. */
async function withPromises(connection: Any): Promise<object> {
  const promised = (name: string): Any => promisify(connection[name]).bind(connection)
  await promised('connect')()
  return {
    query: promised('query'),
    execute: promised('execute'),
    escape: (value: unknown) => connection.escape(value),
    escapeId: (name: string) => connection.escapeId(name),
    destroy: () => connection.destroy(),
  }
}

function optionsOf(opts: Any): object {
  // an emitter is mixed in, whose own members begin with `_`
  const given = Object.fromEntries(Object.entries(opts ?? {}).filter(([name]) => !name.startsWith('_')))
  return {
    ...given,
    collation: opts?.collation?.name,
    connectTimeout: ASIDE_TIMEOUT_MS,
    multipleStatements: false,
    namedPlaceholders: false,
    rowsAsArray: false,
    nestTables: undefined,
    metaAsArray: false,
    typeCast: undefined,
    jsonStrings: true,
    infileStreamFactory: undefined,
    logger: undefined,
    debug: false,
  }
}
