import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { build } from 'tsdown'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../create-database.ts'
import { type NodeVersion, nodeVersions } from '../node-versions.ts'

const root = fileURLToPath(new URL('../next/', import.meta.url))
const next = join(root, 'node_modules/next/dist/bin/next')
const isInstalled = existsSync(next)
if (!isInstalled) process.stderr.write('\n!! Next.js is not tested: npm ci --prefix test/next\n\n')

const folder = mkdtempSync(join(tmpdir(), 'nonplus-next-'))
afterAll(() => rmSync(folder, { recursive: true }))

const outDir = fileURLToPath(new URL('../../node_modules/.cache/nonplus-next/', import.meta.url))
const preload = new URL('preload.mjs', pathToFileURL(outDir)).href

let url: string

interface Seen {
  readonly scope: { readonly name: string; readonly attributes: Record<string, unknown> }
  readonly executions: readonly { readonly place?: string; readonly summary: string }[]
  readonly findings: readonly { readonly kind: string; readonly title: string; readonly places: readonly string[] }[]
  readonly counters: Readonly<Record<string, number>>
  readonly problems: readonly string[]
}

/** `next start` or `next dev`, preloaded with the profiler. */
class NextServer {
  readonly #process: ChildProcess
  readonly #port: number
  readonly #log: string

  private constructor(child: ChildProcess, port: number, log: string) {
    this.#process = child
    this.#port = port
    this.#log = log
  }

  static async start(node: NodeVersion, command: 'start' | 'dev'): Promise<NextServer> {
    const log = join(mkdtempSync(join(folder, 'log-')), 'scopes.jsonl')
    const child = spawn(node.execPath, [next, command, '--port', '0', '--hostname', '127.0.0.1'], {
      cwd: root,
      env: environment({ NODE_OPTIONS: `--import ${preload}`, NONPLUS_TEST_LOG: log }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill())
    for await (const line of createInterface(child.stdout)) {
      const port = /Local:.*:(\d+)/.exec(line)?.[1]
      if (port !== undefined)
        return new NextServer(
          child.on('exit', () => {}),
          Number(port),
          log,
        )
    }
    throw new Error(`next ${command} ended with ${child.exitCode}`)
  }

  async get(path: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`)
    await response.text()
    return response.status
  }

  async closed(count: number): Promise<Seen[]> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const lines = existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trimEnd().split('\n') : []
      if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Seen)
      await setTimeout(50)
    }
    throw new Error(`fewer than ${count} scopes closed`)
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill()
    await exit
  }
}

function environment(extra: Record<string, string>): NodeJS.ProcessEnv {
  // what Vitest sets would make Next.js neither of both
  const { NODE_ENV: _, NODE_OPTIONS: __, ...env } = process.env
  return { ...env, NEXT_TELEMETRY_DISABLED: '1', DATABASE_URL: url, ...extra } as NodeJS.ProcessEnv
}

function lineWith(file: string, text: string): string {
  const index = readFileSync(join(root, file), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text))
  return `${file}:${index + 1}`
}

const findPosts = lineWith('lib/posts.js', 'from posts')
const findAuthor = lineWith('lib/posts.js', 'from users')

/** What a request must have left behind, whoever else asked at the time. */
const pages = [
  {
    path: '/api/posts/6',
    name: 'GET /api/posts/[limit]',
    count: 6,
    loop: lineWith('app/api/posts/[limit]/route.js', 'await findAuthor'),
  },
  {
    path: '/posts/7-latest',
    name: 'GET /posts/[slug]',
    count: 7,
    loop: lineWith('app/posts/[slug]/page.jsx', 'await findAuthor'),
  },
]

async function check(server: NextServer): Promise<void> {
  expect(await server.get('/')).toBe(200)
  const paths = Array.from({ length: 4 }, () => pages.map(({ path }) => path)).flat()
  expect(await Promise.all(paths.map((path) => server.get(path)))).toEqual(Array(8).fill(200))
  expect(await server.get('/nowhere/12')).toBe(404)
  const closed = await server.closed(10)
  await server.stop()

  expect(closed.map(({ scope }) => scope.name).toSorted()).toEqual(
    ['GET /', 'GET /nowhere/:id', ...pages.flatMap(({ name }) => Array(4).fill(name))].toSorted(),
  )
  for (const { name, count, loop } of pages) {
    for (const { scope, executions, findings } of closed.filter(({ scope }) => scope.name === name)) {
      expect(scope.attributes['http.route']).toBe(name.slice('GET '.length))
      expect(executions).toEqual([
        { place: findPosts, summary: 'SELECT posts' },
        ...Array(count).fill({ place: findAuthor, summary: 'SELECT users' }),
      ])
      const title = `${count} × SELECT users with ${count} different keys`
      expect(findings).toEqual([{ kind: 'n-plus-one', title, places: [findAuthor, loop] }])
    }
  }
  const { counters, problems } = closed.at(-1) as Seen
  expect({ counters, problems }).toEqual({ counters: { outside: 0, late: 0, failures: 0 }, problems: [] })
}

async function buildApp(...flags: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [next, 'build', ...flags], { cwd: root, env: environment({}) })
}

describe.skipIf(!isInstalled)('Next.js', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const entry = { preload: join(root, 'preload.ts') }
    await build({ config: false, entry, outDir, format: 'esm', platform: 'node', dts: false, logLevel: 'silent' })
    url = await createDatabase('next')
    const client = new pg.Client(url)
    await client.connect()
    await client.query(`
      create table users (id int primary key, name text);
      create table posts (id int primary key, title text, author_id int);
      insert into users select n + 100, 'user ' || n from generate_series(1, 12) n;
      insert into posts select n, 'post ' || n, n + 100 from generate_series(1, 12) n;
    `)
    await client.end()
  }, 60_000)

  describe('built by Turbopack', () => {
    beforeAll(() => buildApp(), 120_000)

    test.each(nodeVersions)('route handlers and server components on Node $version', async (node) => {
      await check(await NextServer.start(node, 'start'))
    })
  })

  test('built by webpack', async () => {
    await buildApp('--webpack')
    await check(await NextServer.start(nodeVersions[0] as NodeVersion, 'start'))
  })

  test('in development', async () => {
    await check(await NextServer.start(nodeVersions[0] as NodeVersion, 'dev'))
  })
})
