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
  const sql = postgres(url, {
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
