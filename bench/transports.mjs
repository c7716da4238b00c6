import { EventEmitter } from 'node:events'

/** The three ways to the database. All are opened outside any scope, and warm when the first request comes. */
export async function openTransports(pg, url) {
  const stub = await openStub(pg)
  if (url === undefined) return { stub }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const pool = new pg.Pool({ connectionString: url, max: 10, idleTimeoutMillis: 0 })
  const connections = await Promise.all(Array.from({ length: 10 }, () => pool.connect()))
  for (const connection of connections) connection.release()
  return { stub, client, pool }
}

/** A connection of mysql2 that answers as pg does. */
export async function openMysqlTransport(mysql, url) {
  const connection = await mysql.createConnection({ uri: url, maxPreparedStatements: 100 })
  return {
    query: async (text, values) => {
      const [rows] = await connection.execute(text, values)
      return { rows }
    },
  }
}

/**
 * A client of pg whose queries end in a microtask. Call, query object, promise and result handling are the driver's
 * own; only what is written to and read from the network is left out.
 */
async function openStub(pg) {
  const client = new pg.Client({ user: 'bench', host: 'stub', database: 'bench', stream: () => new GreetingSocket() })
  await client.connect()
  client._pulseQueryQueue = function pulse() {
    const query = this._queryQueue.shift()
    this._activeQuery = query
    query._results = query.values === undefined ? parentResult : childResult
    queueMicrotask(() => {
      this._activeQuery = null
      query.handleReadyForQuery(this.connection)
    })
  }
  return client
}

const parentResult = {
  command: 'SELECT',
  rowCount: 100,
  oid: null,
  fields: [field('id', 1), field('author_id', 2), field('t', 3)],
  rows: Array.from({ length: 100 }, (_, row) => ({ id: row + 1, author_id: ((row * 7) % 100) + 1, t: `Post ${row}` })),
}

const childResult = {
  command: 'SELECT',
  rowCount: 1,
  oid: null,
  fields: [field('id', 1), field('n', 2)],
  rows: [{ id: 1, n: 'Ada' }],
}

function field(name, columnID) {
  return { name, tableID: 16_384, columnID, dataTypeID: 23, dataTypeSize: 4, dataTypeModifier: -1, format: 'text' }
}

/** AuthenticationOk and ReadyForQuery, as a server that asks for no password would greet. */
const GREETING = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** Lets a client connect to nothing. */
class GreetingSocket extends EventEmitter {
  writable = true

  connect() {
    queueMicrotask(() => this.emit('connect'))
    return this
  }

  write() {
    queueMicrotask(() => this.emit('data', GREETING))
    return true
  }

  setNoDelay() {}
  setKeepAlive() {}
  cork() {}
  uncork() {}
  ref() {}
  unref() {}
  end() {}
  destroy() {}
}
