import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'
import { buildPreload } from './http-app.ts'

const folder = fileURLToPath(new URL('../apps/lambda/', import.meta.url))
const runtime = fileURLToPath(new URL('../lambda/node_modules/aws-lambda-ric/', import.meta.url))
const isInstalled = existsSync(`${runtime}dist/rapid-client.node`)
if (!isInstalled) {
  process.stderr.write(
    '\n!! AWS Lambda is not tested: apt-get install autoconf automake libtool cmake, then npm ci --prefix test/lambda\n\n',
  )
}

interface Seen {
  readonly scope: {
    readonly name: string
    readonly kind: string
    readonly durationMs: number
    readonly attributes: object
  }
  readonly executions: readonly { readonly place?: string; readonly summary: string }[]
  readonly findings: readonly { readonly title: string }[]
}

/** The service as a function sees it: gives out events, and takes answers. One at a time, as the real one does. */
class LambdaService {
  readonly seen: Seen[] = []
  readonly #server: Server
  readonly #events: object[] = []
  #waiting: ServerResponse | undefined
  #ids = 0
  #process: ChildProcess | undefined

  constructor() {
    this.#server = createServer(async (request, response) => {
      if (request.url?.endsWith('/next')) {
        this.#waiting = response
        this.#giveOut()
        return
      }
      await text(request)
      response.writeHead(202).end()
    }).listen(0, '127.0.0.1')
  }

  async start(node: NodeVersion, handler: string, preload: string, databaseUrl: string): Promise<void> {
    if (!this.#server.listening) await once(this.#server, 'listening')
    const { port } = this.#server.address() as AddressInfo
    const child = fork(`${runtime}bin/index.mjs`, [handler], {
      cwd: folder,
      execPath: node.execPath,
      execArgv: ['--import', preload],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_FUNCTION_NAME: 'posts',
        LAMBDA_TASK_ROOT: folder,
      },
    })
    this.#process = child
    child.on('message', (message: Partial<Seen>) => {
      if (message.scope !== undefined) this.seen.push(message as Seen)
    })
    onTestFinished(() => {
      child.kill()
      this.#server.closeAllConnections()
      this.#server.close()
    })
  }

  /** Gives the function one event; resolves when its scope has closed. */
  async invoke(event: object): Promise<Seen> {
    const count = this.seen.length
    this.#events.push(event)
    this.#giveOut()
    while (this.seen.length === count) await once(this.#process as ChildProcess, 'message')
    return this.seen.at(-1) as Seen
  }

  #giveOut(): void {
    if (this.#waiting === undefined || this.#events.length === 0) return
    this.#waiting.setHeader('Lambda-Runtime-Aws-Request-Id', `id-${++this.#ids}`)
    this.#waiting.setHeader('Lambda-Runtime-Deadline-Ms', String(Date.now() + 60_000))
    this.#waiting.setHeader('Lambda-Runtime-Invoked-Function-Arn', 'arn:aws:lambda:eu-west-1:1:function:posts')
    const event = JSON.stringify(this.#events.shift())
    // the client of the runtime does not go on without these
    this.#waiting.setHeader('Content-Type', 'application/json')
    this.#waiting.setHeader('Content-Length', Buffer.byteLength(event))
    this.#waiting.end(event)
    this.#waiting = undefined
  }
}

function attributes(id: number, extra: object = {}): object {
  return { 'faas.name': 'posts', 'faas.invocation_id': `id-${id}`, ...extra }
}

describe.skipIf(!isInstalled).each(nodeVersions)('AWS Lambda on Node $version', (node) => {
  let preload: string
  let url: string
  beforeAll(async () => {
    preload = await buildPreload('lambda')
    url = await createDatabase('lambda')
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`
      create table users (id int primary key, name text);
      create table posts (id int primary key, author_id int);
      insert into users select n + 100, 'user ' || n from generate_series(1, 12) n;
      insert into posts select n, n + 100 from generate_series(1, 12) n;
    `)
    await client.end()
  })

  test.each(['posts.promised', 'posts.calledBack', 'required.handler'])(
    '%s: each invocation is a scope',
    async (handler) => {
      const service = new LambdaService()
      await service.start(node, handler, preload, url)
      for (const [index, limit] of [4, 6, 5].entries()) {
        const { scope, executions, findings } = await service.invoke({ limit })
        expect(scope).toMatchObject({ name: 'posts', kind: 'request', attributes: attributes(index + 1) })
        expect(executions.map(({ summary }) => summary)).toEqual(['SELECT posts', ...Array(limit).fill('SELECT users')])
        expect(executions.map(({ place }) => place?.split(':')[0])).toEqual(Array(limit + 1).fill('posts.js'))
        expect(findings.map(({ title }) => title)).toEqual([`${limit} × SELECT users with ${limit} different keys`])
      }
    },
  )

  test('an invocation that fails says so, and one by a gateway is named by its route', async () => {
    const service = new LambdaService()
    await service.start(node, 'posts.failing', preload, url)
    const failed = await service.invoke({})
    const routed = await service.invoke({ version: '2.0', routeKey: 'GET /posts/{id}', rawPath: '/posts/12' })
    expect([failed.scope, routed.scope]).toMatchObject([
      { name: 'posts', attributes: attributes(1, { 'error.type': 'RangeError' }) },
      { name: 'posts GET /posts/{id}', attributes: attributes(2, { 'http.route': '/posts/{id}' }) },
    ])
    expect([failed, routed].map(({ executions }) => executions.length)).toEqual([1, 1])
  })

  test('time spent waiting for work is not of the invocation', async () => {
    const service = new LambdaService()
    await service.start(node, 'posts.promised', preload, url)
    await service.invoke({ limit: 1 })
    await new Promise((resolve) => setTimeout(resolve, 700))
    const { scope } = await service.invoke({ limit: 1 })
    expect(scope.durationMs).toBeLessThan(500)
  })
})
