import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/explain/connect.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { SideConnection } from '../../src/model/side-connection.ts'

const BIN = '/usr/lib/postgresql/15/bin'
const PGBOUNCER = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync)
const isThere = existsSync(BIN) && existsSync('/usr/bin/openssl')
if (!isThere) say('PostgreSQL 15 or openssl', 'apt-get install postgresql-15 openssl')
else if (PGBOUNCER === undefined) say('PgBouncer', 'apt-get install pgbouncer')

function say(what: string, how: string): void {
  process.stderr.write(`\n!! No ${what}: tests of TLS and poolers are SKIPPED. To have it: ${how}.\n\n`)
}

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'nonplus-tls-'))
const file = (name: string) => join(folder, name)
const isRoot = process.getuid?.() === 0
let port = 0
let poolPort = 0

/** Servers refuse to run as root: then as the user that their packages make. */
function run(...command: readonly [string, ...string[]]): void {
  const [program, ...args] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
  execFileSync(program as string, args, { stdio: 'ignore', cwd: folder })
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore', cwd: folder })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port: free } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return free
}

function projectWith(name: string): string {
  const project = file(`with-${name}`)
  if (existsSync(project)) return project
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{}')
  symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  return project
}

beforeAll(async () => {
  if (!isThere) return
  chmodSync(folder, 0o777)
  port = await freePort()
  poolPort = await freePort()
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=ca',
  )
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'csr', '-subj', '/CN=localhost')
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost')
  openssl(
    'x509',
    '-req',
    '-in',
    'csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-out',
    'crt',
    '-extfile',
    'names',
  )
  chmodSync(file('key'), 0o600)
  writeFileSync(file('word'), 'geheim')
  if (isRoot) {
    const id = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }))
    chownSync(file('key'), id, id)
  }
  run(`${BIN}/initdb`, '-D', file('data'), '-U', 'me', `--pwfile=${file('word')}`, '-A', 'scram-sha-256')
  appendFileSync(
    file('data/postgresql.conf'),
    `\nport = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '${folder}'\nfsync = off\nssl = on\n` +
      `ssl_cert_file = '${file('crt')}'\nssl_key_file = '${file('key')}'\n`,
  )
  writeFileSync(
    file('data/pg_hba.conf'),
    'host all pooled 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nlocal all all trust\n',
  )
  run(`${BIN}/pg_ctl`, '-w', '-D', file('data'), '-l', file('log'), 'start')
  run(
    `${BIN}/psql`,
    '-h',
    folder,
    '-p',
    String(port),
    '-U',
    'me',
    'postgres',
    '-c',
    'create role pooled superuser login',
  )
  run(
    `${BIN}/psql`,
    '-h',
    folder,
    '-p',
    String(port),
    '-U',
    'me',
    'postgres',
    '-c',
    'create schema shop; create table shop.orders as select n as id, n % 900 as customer_id from generate_series(1, 20000) n; analyze shop.orders',
  )
  if (PGBOUNCER === undefined) return
  writeFileSync(
    file('pool.ini'),
    `[databases]\n* = host=127.0.0.1 port=${port} user=pooled\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${poolPort}\n` +
      `auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nunix_socket_dir =\nlogfile = ${file('pool.log')}\npidfile = ${file('pool.pid')}\n`,
  )
  run(PGBOUNCER, '-q', '-d', file('pool.ini'))
}, 60_000)

afterAll(() => {
  if (PGBOUNCER !== undefined && existsSync(file('pool.pid'))) run('sh', '-c', `kill $(cat ${file('pool.pid')})`)
  if (isThere) run(`${BIN}/pg_ctl`, '-D', file('data'), '-m', 'immediate', 'stop')
  rmSync(folder, { recursive: true, force: true })
})

async function over(driver: string, host: string, options: string): Promise<string> {
  try {
    const url = `postgres://me:geheim@${host}:${port}/postgres${options.replace('CA', file('ca.crt'))}`
    const connection = await connect(url, { from: projectWith(driver) })
    const [row] = await connection.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    await connection.close()
    return row?.ssl === 't' ? 'over TLS' : 'in plain text'
  } catch (error) {
    expect((error as Error).message).not.toMatch(/geheim/)
    return (error as Error).message
  }
}

describe.skipIf(!isThere).each([['pg'], ['postgres']])('TLS by %s', { timeout: 60_000 }, (driver) => {
  test('connects as the URL says', async () => {
    for (const options of [
      '?sslmode=verify-full&sslrootcert=CA',
      '?sslmode=require&sslrootcert=CA',
      '?sslmode=no-verify',
    ])
      expect(await over(driver, 'localhost', options), options).toBe('over TLS')
  })

  test('says what is wrong', async () => {
    expect(await over(driver, 'localhost', '')).toMatch(/over TLS only, if at all\. Add \?sslmode=require/)
    expect(await over(driver, 'localhost', '?sslmode=verify-full')).toMatch(
      /its certificate is not trusted\. Name that of its/,
    )
    expect(await over(driver, '127.0.0.1', '?sslmode=verify-full&sslrootcert=CA')).toMatch(
      /its certificate is for another host/,
    )
  })
})

describe.skipIf(!isThere || PGBOUNCER === undefined).each([['pg'], ['postgres']])(
  'PgBouncer, pooling transactions, by %s',
  { timeout: 60_000 },
  (driver) => {
    const study = (connection: SideConnection, values: readonly unknown[] | undefined) =>
      studyStatement(connection, {
        text: 'select * from orders where customer_id = $1',
        dialect: 'postgresql',
        mode: 'plan',
        session: ['set search_path = shop'],
        // three share the few connections of the pooler, on a machine that may be busy
        timeoutMs: 20_000,
        vectors: [{ values, executions: 1 }],
        scratch: false,
        values: false,
      })

    test('statements are explained, and the settings of a session stay in their transaction', async () => {
      const url = `postgres://me@127.0.0.1:${poolPort}/postgres`
      const all = await Promise.all(['', '', ''].map(() => connect(url, { from: projectWith(driver) })))
      for (let round = 0; round < 3; round++) {
        const outcomes = await Promise.all(all.map((connection) => study(connection, [7])))
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({
            explained: {
              plans: [{ plan: { planKind: 'custom', root: { relation: 'orders' } } }],
              tables: [{ schema: 'shop' }],
            },
            refusals: [],
          })
      }
      const [first] = all as [SideConnection]
      expect(await study(first, undefined)).toMatchObject({ explained: { plans: [{ plan: { planKind: 'generic' } }] } })
      const settings = await first.query("select current_setting('search_path') as path from generate_series(1, 1)")
      expect(settings).toEqual([{ path: '"$user", public' }])
      for (const connection of all) await connection.close()
    })

    test('a setting in the URL that it does not take is told', async () => {
      const url = `postgres://me@127.0.0.1:${poolPort}/postgres?options=-c%20search_path%3Dshop`
      await expect(connect(url, { from: projectWith(driver) })).rejects.toThrow(
        /Leave them out, and give them with --session/,
      )
    })
  },
)
