import { Worker } from 'node:worker_threads'
import type { SideRow } from '../model/side-connection.ts'

/**
 * What runs in the thread, as text: a thread of a file of ours would need that file beside each build. It answers one message
 * after another: `{ id, method, args }` with `{ id, value }` or `{ id, error }`.
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

interface Pending {
  resolve(value: never): void
  reject(error: Error): void
}

/** A database of SQLite in memory, in a thread of this process; it does not keep the process alive. */
export class SqliteThread {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #end: Error | undefined

  /** @param module what the driver is required by: a file, or `node:sqlite`. */
  constructor(module: string) {
    // what the process was started with, as `--import nonplus/register`, is not for this thread
    const env = { ...process.env, NONPLUS: '0' }
    this.#worker = new Worker(SOURCE, { eval: true, workerData: { module }, execArgv: [], env })
    this.#worker.unref()
    this.#worker.on('message', ({ id, value, error }) => this.#settle(id, value as never, error))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('The thread of SQLite has ended.')))
  }

  /** Begins with an empty database. */
  open(): Promise<void> {
    return this.#call('open')
  }

  query(text: string, values: readonly unknown[]): Promise<readonly SideRow[]> {
    return this.#call('query', text, values)
  }

  /** Runs a statement for each of these, in one transaction; leaves out those it is refused for. */
  each(text: string, rows: readonly (readonly unknown[])[]): Promise<void> {
    return this.#call('each', text, rows)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #call<Value>(method: string, ...args: readonly unknown[]): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end)
        return
      }
      const id = ++this.#lastId
      this.#pending.set(id, { resolve, reject })
      // who waits for an answer wants the process to live that long
      this.#worker.ref()
      this.#worker.postMessage({ id, method, args })
    })
  }

  #settle(id: number, value: never, error: { message: string; code?: string } | undefined): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker.unref()
    if (error === undefined) pending?.resolve(value)
    else pending?.reject(Object.assign(new Error(error.message), { code: error.code }))
  }

  #fail(error: Error): void {
    this.#end ??= error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
