import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'tsdown'
import { onTestFinished } from 'vitest'
import type { NodeVersion } from '../node-versions.ts'

/** A scope that an app closed. */
export interface ClosedScope {
  /** Number of the request, in the order of {@link HttpApp.send}; absent for requests sent by other means. */
  readonly request?: string
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** What an app tells at its end. */
export interface AppEnd {
  /** Checks inside handlers that found the scope of their request. */
  readonly right: number
  /** The others, in words. */
  readonly failures: readonly string[]
  /** Errors inside nonplus. */
  readonly ownFailures: number
  readonly failureMessages: readonly string[]
}

const apps = new URL('../apps/http/', import.meta.url)

/** Builds what the apps in a folder of test/apps are preloaded with; returns its URL. */
export async function buildPreload(folder = 'http'): Promise<string> {
  const outDir = fileURLToPath(new URL(`../../node_modules/.cache/nonplus-${folder}/`, import.meta.url))
  const entry = { preload: fileURLToPath(new URL(`../${folder}/preload.ts`, apps)) }
  await build({ config: false, entry, outDir, format: 'esm', platform: 'node', dts: false, logLevel: 'silent' })
  return new URL('preload.mjs', pathToFileURL(outDir)).href
}

/** One of the apps in test/apps/http, as a process of its own, with a client that keeps its connections open. */
export class HttpApp {
  readonly port: number
  readonly scopes: ClosedScope[] = []
  readonly #process: ChildProcess
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 4 })
  #requests = 0

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.port = port
    child.on('message', ({ scope }: { scope?: ClosedScope }) => {
      if (scope !== undefined) this.scopes.push(scope)
    })
  }

  static async start(node: NodeVersion, app: string, preload: string): Promise<HttpApp> {
    const [harness, file] = ['harness.js', app].map((name) => fileURLToPath(new URL(name, apps))) as [string, string]
    const child = fork(harness, [file], { execPath: node.execPath, execArgv: ['--import', preload] })
    onTestFinished(() => void child.kill())
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${app} exited with ${code}`))),
    ])) as [{ port: number }]
    return new HttpApp(child, message.port)
  }

  /** Sends one request over a connection that is kept; resolves to the status once the whole answer has come. */
  send(method: string, path: string, body?: unknown): Promise<number> {
    const headers: Record<string, string> = { 'x-request-id': String(++this.#requests) }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const { port } = this
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: this.#agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode as number))
      })
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Waits until that many scopes have closed in all. */
  async closed(count: number): Promise<readonly ClosedScope[]> {
    while (this.scopes.length < count) await once(this.#process, 'message')
    return this.scopes
  }

  async stop(): Promise<AppEnd> {
    this.#agent.destroy()
    const end = new Promise<AppEnd>((resolve) => {
      this.#process.on('message', (message: { end?: AppEnd }) => {
        if (message.end !== undefined) resolve(message.end)
      })
    })
    this.#process.send('stop')
    return end
  }
}
