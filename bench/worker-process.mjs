import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A tool in its process, as the orchestrator sees it. */
export class WorkerProcess {
  #child
  #nextId = 1
  #waiting = new Map()

  constructor(tool, url) {
    this.tool = tool
    this.#child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [tool.name], {
      env: {
        ...process.env,
        NODE_ENV: tool.nodeEnv ?? 'development',
        ...(url === undefined ? {} : { BENCH_POSTGRES_URL: url }),
      },
    })
    this.ready = this.#answer(0)
    this.#child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(`${this.tool.label}: ${error}`))
    })
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${this.tool.label} ended with code ${code}.`))
    })
  }

  /** Runs one window of a workload. */
  run(workload, requests) {
    return this.#call('run', workload, requests)
  }

  /** Runs marked requests and judges what was recorded of them. */
  check(workload, requests, concurrency) {
    return this.#call('check', workload, requests, concurrency)
  }

  /** Bytes that open requests hold. */
  hold(workload, requests) {
    return this.#call('hold', workload, requests)
  }

  /** What the application sees of a statement that fails. */
  failing() {
    return this.#call('failing')
  }

  async stop() {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  #call(command, ...args) {
    const id = this.#nextId++
    this.#child.send({ id, command, args })
    return this.#answer(id)
  }

  #answer(id) {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }
}

/** Starts every tool; all stay alive until the end of the generation. */
export async function startAll(tools, url) {
  const workers = tools.map((tool) => new WorkerProcess(tool, url))
  await Promise.all(workers.map(({ ready }) => ready))
  return workers
}

export async function stopAll(workers) {
  await Promise.all(workers.map((worker) => worker.stop()))
}
