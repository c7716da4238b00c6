import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

// biome-ignore lint/suspicious/noExplicitAny: the package brings no types
type Any = any

/** What was asked of the scripted implementation. */
export interface OracleQuestion {
  readonly text: string
  /** The values of the first row, in order. */
  readonly values: readonly unknown[]
  /** Rows of an `executeMany`. */
  readonly count: number
}

/** What it answers. */
export interface OracleAnswer {
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly unknown[])[]
  readonly affected?: number
  readonly error?: { readonly number: number; readonly message: string }
}

/**
 * Puts a scripted implementation below node-oracledb, where it has one for thin and one for thick mode. What runs is the
 * driver's public half: `Connection`, `Pool`, `ResultSet`, `QueryStream`, callbacks and the lock of a connection. What
 * does NOT run is its network protocol; there is no server and no SQL in here.
 *
 * @param name name it is installed under.
 * @param from file from whose place it is required.
 * @returns the driver.
 */
export function scriptOracledb(
  script: (question: OracleQuestion) => OracleAnswer,
  name = 'oracledb',
  from: string | URL = import.meta.url,
): Any {
  const require = createRequire(from)
  const oracledb = require(name)
  require(`${name}/lib/thin`)
  const impl = require(`${name}/lib/impl`)
  const BaseConnection = require(`${name}/lib/impl/connection.js`)
  const BasePool = require(`${name}/lib/impl/pool.js`)
  const BaseResultSet = require(`${name}/lib/impl/resultset.js`)

  class ScriptedResultSet extends BaseResultSet {
    #rows: (readonly unknown[])[]

    constructor(rows: readonly (readonly unknown[])[]) {
      super()
      this.#rows = [...rows]
    }

    async getRows(count: number): Promise<unknown[]> {
      await sleep(1)
      return this.#rows.splice(0, count).map((row) => [...row])
    }

    async close(): Promise<void> {}
  }

  class ScriptedConnection extends BaseConnection {
    async connect(): Promise<void> {
      await sleep(1)
    }

    async execute(text: string, count: number, binds: Any[], options: Any): Promise<Any> {
      await sleep(1)
      const values = binds.map((bind) => bind.values?.[0])
      const { columns, rows = [], affected, error } = script({ text, values, count })
      if (error !== undefined) throw new Error(`ORA-${String(error.number).padStart(5, '0')}: ${error.message}`)
      if (columns === undefined) return { rowsAffected: affected ?? 0 }
      const resultSet: Any = new ScriptedResultSet(rows)
      const types = columns.map((name) => ({ name, dbType: oracledb.DB_TYPE_VARCHAR, nullable: true }))
      resultSet._setup({ ...options, connection: { _impl: this } }, types)
      return { resultSet }
    }

    getInstanceName(): string {
      return 'ORCL'
    }

    getPdbName(): string {
      return 'SHOP'
    }

    getServiceName(): string {
      return 'shop_high'
    }

    getHostName(): string {
      return 'db.example'
    }

    getPort(): number {
      return 1521
    }

    _getConnectTraceConfig(): object {
      return {}
    }

    getCallTimeout(): number {
      return 0
    }

    setCallTimeout(): void {}

    supportsPipelining(): boolean {
      return false
    }

    async commit(): Promise<void> {
      await sleep(1)
    }

    async rollback(): Promise<void> {
      await sleep(1)
    }

    async close(): Promise<void> {}
  }

  class ScriptedPool extends BasePool {
    #idle: Any[] = []
    #opened = 0
    #options: Any

    async create(options: Any): Promise<void> {
      this.#options = options
    }

    async getConnection(): Promise<Any> {
      await sleep(1)
      const idle = this.#idle.pop()
      if (idle === undefined) this.#opened++
      const connection = idle ?? new ScriptedConnection()
      connection.close = async () => void this.#idle.push(connection)
      return connection
    }

    getConnectionsOpen(): number {
      return this.#opened
    }

    getConnectionsInUse(): number {
      return this.#opened - this.#idle.length
    }

    getPoolMax(): number {
      return this.#options.poolMax
    }

    getPoolMin(): number {
      return this.#options.poolMin
    }

    async close(): Promise<void> {}
  }

  impl.ConnectionImpl = ScriptedConnection
  impl.PoolImpl = ScriptedPool
  return oracledb
}
