import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import mysql from 'mysql2/promise'

const run = promisify(execFile)

/** What to do where there is no server; part of the message of every suite that is skipped for it. */
export const HOW_TO_GET_MYSQL =
  'install MariaDB or MySQL (Debian: apt-get install mariadb-server; macOS: brew install mariadb), which is started ' +
  'privately then, or set NONPLUS_TEST_MYSQL_URL to a server whose user may create databases'

// Where Debian, Homebrew and the vendors put what is not on everybody's PATH.
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']

/**
 * Vitest's global set-up: a MariaDB or MySQL for the whole run, its URL in NONPLUS_TEST_MYSQL_URL. Taken is what that
 * variable names, else a server that runs on this machine and lets root in without a password, else one of our own in a
 * folder that is removed at the end. Without any, the suites that need one are skipped and say so.
 *
 * @returns the tear-down.
 */
export default async function startMysqlForTests(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.NONPLUS_TEST_MYSQL_URL) return undefined
  const running = 'mysql://root@127.0.0.1:3306'
  if (await answers(running)) {
    process.env.NONPLUS_TEST_MYSQL_URL = running
    return undefined
  }
  try {
    const server = await startPrivateServer()
    process.env.NONPLUS_TEST_MYSQL_URL = server.url
    return async () => {
      delete process.env.NONPLUS_TEST_MYSQL_URL
      await server.stop()
    }
  } catch (error) {
    process.stderr.write(
      `\n!! No MariaDB or MySQL: the suites that need one are SKIPPED. To have them, ${HOW_TO_GET_MYSQL}.\n` +
        `!! ${(error as Error).message}\n\n`,
    )
    return undefined
  }
}

/**
 * Starts the `mariadbd` or `mysqld` that is installed, on a free port, with an empty data folder of its own.
 *
 * @param more arguments of the server.
 */
export async function startPrivateServer(
  more: readonly string[] = [],
): Promise<{ url: string; stop(): Promise<void> }> {
  const program = findProgram('mariadbd') ?? findProgram('mysqld')
  if (program === undefined) throw new Error('Neither mariadbd nor mysqld is installed.')
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-mysql-'))
  const data = join(folder, 'data')
  // the server refuses root unless it is told so
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  let server: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit')
      server.kill('SIGKILL') // nobody needs the data
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await initialize(program, data, user)
    const port = await freePort()
    const flags = [`--datadir=${data}`, `--port=${port}`, `--socket=${join(folder, 'socket')}`, `--tmpdir=${folder}`]
    const settings = ['--bind-address=127.0.0.1', '--max-connections=400', '--innodb-flush-log-at-trx-commit=0']
    const args = [
      '--no-defaults',
      ...user,
      ...flags,
      `--pid-file=${join(folder, 'pid')}`,
      ...settings,
      ...mysqlOnly(program),
      ...more,
    ]
    server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-2_000)
    })
    server.unref()
    const url = `mysql://root@127.0.0.1:${port}`
    await waitFor(url, server, () => log)
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function initialize(program: string, data: string, user: readonly string[]): Promise<void> {
  const installer = program.endsWith('mariadbd')
    ? (findProgram('mariadb-install-db') ?? findProgram('mysql_install_db'))
    : undefined
  if (installer === undefined) {
    await run(program, ['--no-defaults', ...user, '--initialize-insecure', `--datadir=${data}`], { timeout: 120_000 })
    return
  }
  const options = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve']
  await run(installer, ['--no-defaults', ...user, `--datadir=${data}`, ...options], { timeout: 120_000 })
}

function mysqlOnly(program: string): string[] {
  return program.endsWith('mariadbd') ? [] : ['--mysqlx=OFF']
}

export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function waitFor(url: string, server: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await answers(url))) {
    if (server.exitCode !== null) throw new Error(`The server ended with code ${server.exitCode}:\n${log()}`)
    if (Date.now() > deadline) throw new Error(`The server did not answer within 60 s:\n${log()}`)
    await sleep(100)
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await mysql.createConnection({ uri: url, connectTimeout: 2_000 })
    await connection.query('select 1')
    await connection.end()
    return true
  } catch {
    return false
  }
}
