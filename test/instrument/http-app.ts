import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
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

/** How a client speaks to an app. */
export type Protocol = 'http' | 'https' | 'http2' | 'http2 over TLS'

/** One of the apps in test/apps/http, as a process of its own, with a client that keeps its connections open. */
export class HttpApp {
  readonly port: number
  readonly scopes: ClosedScope[] = []
  readonly #process: ChildProcess
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 4 })
  readonly #secureAgent = new SecureAgent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false })
  readonly #sessions: ClientHttp2Session[] = []
  readonly #isSecure: boolean
  #requests = 0

  private constructor(child: ChildProcess, port: number, protocol: Protocol) {
    this.#process = child
    this.port = port
    if (protocol.startsWith('http2')) {
      const url = `${protocol === 'http2' ? 'http' : 'https'}://127.0.0.1:${port}`
      for (let count = 0; count < 2; count++) this.#sessions.push(connect(url, { rejectUnauthorized: false }))
    }
    this.#isSecure = protocol === 'https'
    child.on('message', ({ scope }: { scope?: ClosedScope }) => {
      if (scope !== undefined) this.scopes.push(scope)
    })
  }

  static async start(node: NodeVersion, app: string, preload: string, protocol: Protocol = 'http'): Promise<HttpApp> {
    const [harness, file] = ['harness.js', app].map((name) => fileURLToPath(new URL(name, apps))) as [string, string]
    const child = fork(harness, [file], { execPath: node.execPath, execArgv: ['--import', preload] })
    onTestFinished(() => void child.kill())
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${app} exited with ${code}`))),
    ])) as [{ port: number }]
    return new HttpApp(child, message.port, protocol)
  }

  /** Sends one request over a connection that is kept; resolves to the status once the whole answer has come. */
  send(method: string, path: string, body?: unknown): Promise<number> {
    const headers: Record<string, string> = { 'x-request-id': String(++this.#requests) }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const { port } = this
    if (this.#sessions.length > 0) return this.#sendStream(method, path, headers, body)
    const [ask, agent] = this.#isSecure ? [secureRequest, this.#secureAgent] : [request, this.#agent]
    return new Promise((resolve, reject) => {
      const sent = ask({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode as number))
      })
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Several streams at a time on each of two connections. */
  #sendStream(method: string, path: string, headers: Record<string, string>, body: unknown): Promise<number> {
    const session = this.#sessions[this.#requests % 2] as ClientHttp2Session
    const stream = session.request({ ...headers, ':method': method, ':path': path })
    return new Promise((resolve, reject) => {
      let status = 0
      stream.on('response', (head) => {
        status = head[':status'] ?? 0
      })
      stream.on('error', reject).on('close', () => resolve(status))
      stream.resume().end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  /** Sends one request, and goes away after 50 ms. */
  async abort(path: string): Promise<void> {
    const session = this.#sessions[0] as ClientHttp2Session
    const stream = session.request({ ':path': path, 'x-request-id': String(++this.#requests) })
    stream.on('error', () => {})
    setTimeout(() => stream.close(8), 50)
    await once(stream, 'close')
  }

  /** Waits until that many scopes have closed in all. */
  async closed(count: number): Promise<readonly ClosedScope[]> {
    while (this.scopes.length < count) await once(this.#process, 'message')
    return this.scopes
  }

  async stop(): Promise<AppEnd> {
    this.#agent.destroy()
    this.#secureAgent.destroy()
    for (const session of this.#sessions) session.destroy()
    const end = new Promise<AppEnd>((resolve) => {
      this.#process.on('message', (message: { end?: AppEnd }) => {
        if (message.end !== undefined) resolve(message.end)
      })
    })
    this.#process.send('stop')
    return end
  }
}
