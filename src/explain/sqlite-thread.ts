import type { SideRow } from '../model/side-connection.ts'
import { WorkerCalls } from './worker-calls.ts'

/**
 * What runs in the thread, as text: a thread of a file of ours would need that file beside each build. It answers one message
 * after another, as {@link WorkerCalls} wants it.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
// that of node:sqlite has been told by the application
process.emitWarning = () => {}
const exported = require(workerData.module)
const Driver = exported.DatabaseSync ?? exported

let database
const methods = {
  open() {
    database?.close()
    database = new Driver(':memory:')
  },
  query(text, values) {
    const statement = database.prepare(text)
    if (statement.reader !== false) return statement.all(...values)
    statement.run(...values)
    return []
  },
  each(text, rows) {
    const statement = database.prepare(text)
    database.exec('begin')
    for (const values of rows) {
      try { statement.run(...values) } catch {}
    }
    database.exec('commit')
  },
}
parentPort.on('message', ({ id, method, args }) => {
  try {
    parentPort.postMessage({ id, value: methods[method](...args) })
  } catch (error) {
    parentPort.postMessage({ id, error: { message: String(error?.message), code: error?.code } })
  }
})
`

/** A database of SQLite in memory, in a thread of this process; it does not keep the process alive. */
export class SqliteThread {
  readonly #calls: WorkerCalls

  /** @param module what the driver is required by: a file, or `node:sqlite`. */
  constructor(module: string) {
    this.#calls = new WorkerCalls(SOURCE, { module }, 'The thread of SQLite')
  }

  /** Begins with an empty database. */
  open(): Promise<void> {
    return this.#calls.call('open')
  }

  query(text: string, values: readonly unknown[]): Promise<readonly SideRow[]> {
    return this.#calls.call('query', text, values)
  }

  /** Runs a statement for each of these, in one transaction; leaves out those it is refused for. */
  each(text: string, rows: readonly (readonly unknown[])[]): Promise<void> {
    return this.#calls.call('each', text, rows)
  }

  close(): Promise<void> {
    return this.#calls.terminate()
  }
}
