import { createRequire } from 'node:module'
import { join } from 'node:path'
import { NonplusError } from '../model/errors.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { connectMysql } from './connect-mysql.ts'
import type { Load } from './connect-options.ts'
import { connectPostgres } from './connect-postgres.ts'
import { connectSqlite } from './connect-sqlite.ts'
import { without } from './without-secrets.ts'

const schemes: Readonly<Record<string, (url: string, load: Load) => Promise<SideConnection>>> = {
  'postgres:': connectPostgres,
  'postgresql:': connectPostgres,
  'mysql:': connectMysql,
  'mariadb:': connectMysql,
  'sqlite:': connectSqlite,
  'file:': connectSqlite,
}

/**
 * Connects to a database with a driver of the user's project.
 *
 * @param url `postgres://` and `postgresql://` by `pg` or `postgres`, `mysql://` and `mariadb://` by `mysql2` or `mariadb`,
 *   `sqlite:` and a path by `better-sqlite3` or `node:sqlite`, opened for reading only. Options of the URL, those of TLS too,
 *   are the driver's own.
 * @param from folder of the project whose drivers are taken. @default the working directory
 * @throws {NonplusError} `ERR_OPTION_INVALID` for another kind of URL, `ERR_DRIVER_UNSUPPORTED` where no driver is installed,
 *   `ERR_DATABASE_UNREACHABLE` where the server does not answer within 5 seconds, or does not let the user in. No message
 *   holds the password.
 */
export async function connect(
  url: string,
  { from = process.cwd() }: { readonly from?: string } = {},
): Promise<SideConnection> {
  const scheme = /^[a-z][a-z0-9+]+:/i.exec(url)?.[0].toLowerCase()
  const open = scheme === undefined ? connectSqlite : schemes[scheme]
  if (open === undefined) {
    throw new NonplusError(
      'ERR_OPTION_INVALID',
      `Expected a URL of postgres://, mysql://, mariadb:// or sqlite:, or the path of a SQLite file, but got one of ${scheme}//.`,
    )
  }
  try {
    return await open(url, loaderOf(from))
  } catch (error) {
    if (error instanceof NonplusError) throw error
    throw unreachable(url, error)
  }
}

function loaderOf(from: string): Load {
  const require = createRequire(join(from, 'package.json'))
  return (name) => {
    try {
      return require(name)
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code === 'MODULE_NOT_FOUND' || code === 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined
      throw error
    }
  }
}

/** One sentence for what a driver says in a dozen ways. */
function unreachable(url: string, error: unknown): NonplusError {
  const { code, errno, message } = (error ?? {}) as { code?: unknown; errno?: unknown; message?: unknown }
  // an AggregateError of Node, for a host of several addresses, has no message of its own
  const words = without(url, String(message || code || error)).split('\n')[0]
  const reason = reasonOf(String(code ?? errno ?? ''), words ?? '')
  return new NonplusError('ERR_DATABASE_UNREACHABLE', `Cannot connect to ${without(url, placeOf(url))}: ${reason}`)
}

const reasons: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^ECONNREFUSED/, 'nothing listens there. Start the server, or correct host and port.'],
  [/^(ENOTFOUND|EAI_AGAIN)/, 'the host is not known. Correct its name.'],
  [
    /^(ETIMEDOUT|CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH|ER_CONNECTION_TIMEOUT)/,
    'it does not answer within 5 seconds.',
  ],
  [/^(28P01|28000|ER_ACCESS_DENIED_ERROR|1045|ER_ACCESS_DENIED_NO_PASSWORD_ERROR|1698)$/, 'user or password is wrong.'],
  [/^(3D000|ER_BAD_DB_ERROR|1049)$/, 'there is no such database.'],
  [/^(ER_DBACCESS_DENIED_ERROR|1044|42501)$/, 'the user may not use this database.'],
  [/^(53300|ER_CON_COUNT_ERROR|1040)$/, 'it takes no more connections.'],
  [/^SQLITE_CANTOPEN/, 'the file cannot be opened. Correct its path.'],
  [/^SQLITE_NOTADB/, 'the file is no SQLite database.'],
]

/** What a server, a pooler and the check of a certificate say in words alone, or under a code that means something else, too. */
const worded: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /no pg_hba\.conf entry .*(?:no encryption|SSL off)|connections using insecure transport are prohibited/i,
    'it lets the user in from here over TLS only, if at all. Add ?sslmode=require to the URL (mysql2: ?ssl={}).',
  ],
  [/no pg_hba\.conf entry/i, 'its pg_hba.conf does not let this user in from here.'],
  [
    /does not support (?:SSL|secure) connection|Server does not support TLS/i,
    'it does not speak TLS. Leave that out of the URL.',
  ],
  [
    /verify the first certificate|self[- ]signed certificate|unable to get (?:local )?issuer certificate/i,
    'its certificate is not trusted. Name that of its authority: &sslrootcert=<file> in the URL of PostgreSQL, or the ' +
      'variable NODE_EXTRA_CA_CERTS=<file>.',
  ],
  [/does not match certificate's altnames/i, 'its certificate is for another host. Write the name that is in it.'],
  [
    /unsupported startup parameter: (?:options|search_path)/i,
    'the pooler before it takes no settings in the URL. Leave them out, and give them with --session.',
  ],
]

function reasonOf(code: string, words: string): string {
  const said = worded.find(([pattern]) => pattern.test(words))
  if (said !== undefined) return said[1]
  const known = reasons.find(([pattern]) => pattern.test(code))
  if (known !== undefined) return known[1]
  if (/timeout|timed out/i.test(words)) return 'it does not answer within 5 seconds.'
  if (/unable to open database file|directory does not exist/i.test(words))
    return 'the file cannot be opened. Correct its path.'
  if (/SASL|password must be a string|auth/i.test(words)) return 'user or password is wrong.'
  return words.endsWith('.') ? words : `${words}.`
}

/** Where the URL leads, without user, password and options. */
function placeOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    return host === '' ? pathname : `${protocol}//${host}${pathname}`
  } catch {
    return 'the database of the URL, which cannot be read as one'
  }
}
