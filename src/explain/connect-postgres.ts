import { readFileSync } from 'node:fs'
import { checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls'
import { NonplusError } from '../model/errors.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { CONNECT_TIMEOUT_MS, type Load } from './connect-options.ts'
import { type PgClient, pgConnection } from './pg-connection.ts'
import { type PostgresSql, postgresConnection } from './postgres-connection.ts'

interface ConnectedClient extends PgClient {
  on(event: 'error', listener: () => void): void
  connect(): Promise<void>
  end(): Promise<void>
}

interface Pg {
  readonly Client: new (config: object) => ConnectedClient
}

type Postgres = (url: string, options: object) => PostgresSql

/** By `pg`, else by `postgres`. */
export async function connectPostgres(url: string, load: Load): Promise<SideConnection> {
  const pg = load('pg') as (Pg & { default?: Pg }) | undefined
  if (pg !== undefined) return byPg(pg.Client === undefined ? (pg.default as Pg) : pg, url)
  const postgres = load('postgres') as (Postgres & { default?: Postgres }) | undefined
  if (postgres !== undefined) return byPostgres(postgres.default ?? postgres, url)
  throw new NonplusError(
    'ERR_DRIVER_UNSUPPORTED',
    'A URL of PostgreSQL needs `pg` or `postgres`, and neither is installed in this project. Run: npm i -D pg',
  )
}

async function byPg({ Client }: Pg, url: string): Promise<SideConnection> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'nonplus',
  })
  // a connection that is lost later is told by the statement that fails
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await pgConnection(client)
  } catch (error) {
    void client.end().catch(() => undefined)
    throw error
  }
}

async function byPostgres(postgres: Postgres, url: string): Promise<SideConnection> {
  const { address, ssl } = tlsOf(url)
  const sql = postgres(address, {
    ...(ssl === undefined ? {} : { ssl }),
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_MS / 1000,
    idle_timeout: 0,
    onnotice: () => undefined,
    fetch_types: false,
    connection: { application_name: 'nonplus' },
  })
  try {
    return await postgresConnection(sql)
  } catch (error) {
    void sql.end({ timeout: 0 }).catch(() => undefined)
    throw error
  }
}

/**
 * postgres.js takes `sslrootcert` for a setting of the server, and does not know `no-verify`: both are read here as `pg`
 * reads them, the others by itself.
 *
 * @throws NonplusError ERR_OPTION_INVALID where the file of a certificate cannot be read.
 */
function tlsOf(url: string): { readonly address: string; readonly ssl?: object } {
  if (!/[?&](?:sslrootcert|sslmode=no-verify)/i.test(url)) return { address: url }
  const address = new URL(url)
  const file = address.searchParams.get('sslrootcert')
  const mode = address.searchParams.get('sslmode')
  for (const name of ['sslrootcert', 'sslmode']) address.searchParams.delete(name)
  if (mode === 'no-verify') return { address: address.href, ssl: { rejectUnauthorized: false } }
  if (file === null) return { address: address.href, ssl: {} }
  // of an address in numbers, postgres.js has the certificate checked for `localhost`
  const checkServerIdentity = (_: string, certificate: PeerCertificate) => checkIdentity(address.hostname, certificate)
  return { address: address.href, ssl: { ca: certificateIn(file), checkServerIdentity } }
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NonplusError('ERR_OPTION_INVALID', `The certificate of sslrootcert cannot be read: ${file}`, {
      cause: error,
    })
  }
}
