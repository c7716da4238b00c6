import { ASIDE_TIMEOUT_MS, type Aside, letGo } from './aside.ts'
import { runAsOwn } from './own-work.ts'

// biome-ignore lint/suspicious/noExplicitAny: mysql2's own objects
type Any = any

/** Bit of the client's capabilities: several statements in one text. */
const MULTI_STATEMENTS = 1 << 16

/**
 * Connects to where a connection or a pool of mysql2 goes, as it does, but for what changes the shape of results.
 *
 * @throws the driver's error, where there is no connection.
 */
export function openMysql2Aside(through: object, exports: unknown): Promise<Aside> {
  const { config } = through as Any
  const own = configOf(config?.connectionConfig ?? config)
  const Connection = classFor(through as Any, exports as Any)
  return runAsOwn(
    () =>
      new Promise((resolve, reject) => {
        const connection = new Connection({ config: own })
        letGo(connection.stream)
        letGo(connection.connectTimeout)
        connection.once('connect', () => {
          // TLS puts another socket in its place
          letGo(connection.stream)
          connection.off('error', reject)
          // what goes wrong later is learnt from the next query
          connection.on('error', () => {})
          resolve({ driver: 'mysql2', handle: connection as object })
        })
        connection.on('error', reject)
      }),
  )
}

/** Where a connection or a pool of mysql2 goes, and as whom. */
export function mysql2AsideKeyOf(through: object): string {
  const { config } = through as Any
  const { user, host, port, socketPath, database } = config?.connectionConfig ?? config ?? {}
  return ['mysql2', user, host, port, socketPath, database].join(' ')
}

/** The plain connection of callbacks: a pooled one would go back to its pool. */
function classFor(through: Any, exports: Any): Any {
  const pooled = [through, through._allConnections?.get?.(0), through._allConnections?.peekFront?.()]
  const candidates = [exports?.Connection, ...pooled.flatMap((one) => classesOf(one?.constructor))]
  // the class that knows how to connect, and is no pool's
  const found = candidates.find(
    (candidate) => typeof candidate?.prototype?.addCommand === 'function' && !isPooled(candidate),
  )
  if (found === undefined) throw new Error('this copy of the driver has no connection that nonplus can open')
  return found
}

function classesOf(start: Any): Any[] {
  const classes: Any[] = []
  for (let one = start; typeof one === 'function' && one.prototype; one = Object.getPrototypeOf(one)) classes.push(one)
  return classes
}

function isPooled({ prototype }: Any): boolean {
  return typeof prototype.release === 'function' || typeof prototype.releaseConnection === 'function'
}

function configOf(config: Any): object {
  const own = Object.assign(Object.create(Object.getPrototypeOf(config)), config)
  return Object.assign(own, {
    clientFlags: Number(config.clientFlags) & ~MULTI_STATEMENTS,
    multipleStatements: false,
    namedPlaceholders: false,
    rowsAsArray: false,
    nestTables: undefined,
    typeCast: true,
    queryFormat: undefined,
    infileStreamFactory: undefined,
    isServer: false,
    connectTimeout: ASIDE_TIMEOUT_MS,
  })
}
