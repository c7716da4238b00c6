import { Worker } from 'node:worker_threads'

interface Pending {
  resolve(value: never): void
  reject(error: Error): void
}

/**
 * A thread of this process that answers calls: it gets `{ id, method, args }`, and answers with `{ id, value }` or
 * `{ id, error }`. It keeps the process alive only while an answer is awaited.
 */
export class WorkerCalls {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #onEnd: () => void
  #lastId = 0
  #end: Error | undefined

  /**
   * @param source what runs in the thread, as text.
   * @param name of what runs there, for the error when it has ended.
   * @param onEnd called when it has ended; it may be called again.
   */
  constructor(source: string, workerData: object, name: string, onEnd: () => void = () => {}) {
    // what the process was started with, as `--import nonplus/register`, is not for this thread
    const env = { ...process.env, NONPLUS: '0' }
    this.#onEnd = onEnd
    this.#worker = new Worker(source, { eval: true, workerData, execArgv: [], env })
    this.#worker.unref()
    this.#worker.on('message', ({ id, value, error }) => this.#settle(id, value as never, error))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error(`${name} has ended.`)))
  }

  /** @throws the error of the thread, or that it has ended. */
  call<Value>(method: string, ...args: readonly unknown[]): Promise<Value> {
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

  async terminate(): Promise<void> {
    await this.#worker.terminate()
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
    this.#onEnd()
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
