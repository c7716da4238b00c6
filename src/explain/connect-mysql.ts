import { NonplusError } from '../model/errors.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { CONNECT_TIMEOUT_MS, type Load } from './connect-options.ts'
import { type MariadbConnection, mariadbConnection } from './mariadb-connection.ts'
import { type Mysql2Connection, mysql2Connection } from './mysql2-connection.ts'

type Emitter = { on(event: 'error', listener: () => void): void }

interface Mysql2 {
  createConnection(options: object): Promise<Mysql2Connection & Emitter>
}

interface Mariadb {
  createConnection(options: string | object): Promise<MariadbConnection & Emitter>
}

/** By `mysql2`, else by `mariadb`. */
export async function connectMysql(url: string, load: Load): Promise<SideConnection> {
  const mysql2 = load('mysql2/promise') as Mysql2 | undefined
  if (mysql2 !== undefined) return byMysql2(mysql2, url)
  const mariadb = load('mariadb') as Mariadb | undefined
  if (mariadb !== undefined) return byMariadb(mariadb, url)
  throw new NonplusError(
    'ERR_DRIVER_UNSUPPORTED',
    'A URL of MySQL or MariaDB needs `mysql2` or `mariadb`, and neither is installed in this project. Run: npm i -D mysql2',
  )
}

async function byMysql2(mysql2: Mysql2, url: string): Promise<SideConnection> {
  const connection = await mysql2.createConnection({
    uri: url.replace(/^mariadb:/i, 'mysql:'),
    connectTimeout: CONNECT_TIMEOUT_MS,
    multipleStatements: false,
  })
  // a connection that is lost later is told by the statement that fails
  connection.on('error', () => undefined)
  return mysql2Connection(connection)
}

async function byMariadb(mariadb: Mariadb, url: string): Promise<SideConnection> {
  const address = new URL(url.replace(/^mysql:/i, 'mariadb:'))
  address.searchParams.set('connectTimeout', String(CONNECT_TIMEOUT_MS))
  const connection = await mariadb.createConnection(tlsOptions(address) ?? address.href)
  connection.on('error', () => undefined)
  return mariadbConnection(connection)
}

/** The driver takes no object out of a URL, as mysql2 does, and would connect without TLS, in silence. */
function tlsOptions({ hostname, port, username, password, pathname, searchParams }: URL): object | undefined {
  const { ssl, ...others } = Object.fromEntries(searchParams)
  if (ssl === undefined || !ssl.startsWith('{')) return undefined
  return {
    ...others,
    host: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    connectTimeout: CONNECT_TIMEOUT_MS,
    ssl: JSON.parse(ssl) as object,
  }
}
