import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { WebSocketServer } from 'ws'

interface Query {
  readonly query: string
  readonly params: unknown[]
}

/**
 * What Neon has before its databases, for the PostgreSQL of this test run: a WebSocket whose bytes go to the server and
 * back, and `POST /sql`, which answers a query or a batch of them in Neon's format.
 */
export class NeonServer {
  readonly #http: Server
  readonly #pool: pg.Pool
  /** `127.0.0.1:port`. */
  readonly host: string

  private constructor(http: Server, pool: pg.Pool) {
    this.#http = http
    this.#pool = pool
    this.host = `127.0.0.1:${(http.address() as AddressInfo).port}`
  }

  static async start(databaseUrl: string): Promise<NeonServer> {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
    const http = createServer(async (request, response) => {
      const { status, body } = await answer(request, pool)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const { hostname, port } = new URL(databaseUrl)
    new WebSocketServer({ server: http }).on('connection', (socket) => {
      const upstream = connect(Number(port), hostname)
      upstream.on('data', (chunk) => socket.send(chunk))
      upstream.on('close', () => socket.close())
      upstream.on('error', () => socket.close())
      socket.on('message', (chunk: Buffer) => upstream.write(chunk))
      socket.on('close', () => upstream.end())
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return new NeonServer(http, pool)
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections()
    this.#http.close()
    await this.#pool.end()
  }
}

async function answer(request: IncomingMessage, pool: pg.Pool): Promise<{ status: number; body: unknown }> {
  const { queries, ...single } = JSON.parse(await text(request)) as Query & { queries?: Query[] }
  const client = await pool.connect()
  try {
    if (queries === undefined) return { status: 200, body: await run(client, single) }
    await client.query('begin')
    const results: unknown[] = []
    for (const query of queries) results.push(await run(client, query))
    await client.query('commit')
    return { status: 200, body: { results } }
  } catch (error) {
    const { message, code } = error as { message: string; code: string }
    if (queries !== undefined) await client.query('rollback')
    return { status: 400, body: { message, code } }
  } finally {
    client.release()
  }
}

/** Neon sends values as the texts of the server, in lists. */
async function run(client: pg.PoolClient, { query, params }: Query): Promise<unknown> {
  const types = { getTypeParser: () => (value: unknown) => value } as never
  const { command, rowCount, fields, rows } = await client.query({
    text: query,
    values: params,
    rowMode: 'array',
    types,
  })
  return { command, rowCount, fields, rows, rowAsArray: true }
}
