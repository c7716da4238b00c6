import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/explain/connect.ts'
import { explainStatement } from '../../src/explain/explain-statement.ts'
import { NonplusError } from '../../src/model/errors.ts'
import { createDatabase } from '../create-database.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { loadNativeSqlite } from '../instrument/native-sqlite.ts'

const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A project with some of our packages, and no other. */
function projectWith(...packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'nonplus-connect-'))
  folders.push(folder)
  mkdirSync(join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{}')
  for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  return folder
}

async function failure(url: string, from: string): Promise<NonplusError> {
  const error = await connect(url, { from }).then(
    () => new Error('it connected'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(NonplusError)
  return error as NonplusError
}

function changed(url: string, change: (parts: URL) => void): string {
  const parts = new URL(url)
  change(parts)
  return parts.href
}

describe.each([['pg'], ['postgres']])('PostgreSQL by %s', (driver) => {
  const from = projectWith(driver)
  const url = createDatabase(`connect_${driver}`)

  test('connects, plans with and without values, and takes one statement only', async () => {
    const connection = await connect(await url, { from })
    expect(connection).toMatchObject({ engine: 'postgres', serverVersion: expect.stringMatching(/^\d+\.\d+$/) })
    await connection.query('create table t (id int primary key, data jsonb)')
    expect(await connection.query('select 7::bigint as big, null as nothing')).toEqual([{ big: '7', nothing: null }])
    await expect(connection.query('select 1; create table gone (id int)')).rejects.toMatchObject({ code: '42601' })
    const about = { dialect: 'postgresql', mode: 'plan' } as const
    const outcome = await explainStatement(connection, { ...about, text: 'select * from t where id = $1', values: [1] })
    expect(outcome).toMatchObject({ plan: { planKind: 'custom', root: { relation: 't', op: 'index-scan' } } })
    const generic = await explainStatement(connection, { ...about, text: 'select jsonb_build_object($1) from t' })
    expect(generic).toMatchObject({ plan: { planKind: 'generic' } })
    await connection.close()
    await connection.close()
    expect(await explainStatement(connection, { ...about, text: 'select 1' })).toMatchObject({
      refusal: { code: 'connection-failed' },
    })
  })

  test('says in one sentence why it does not, without the password', async () => {
    const wrong = await failure(
      changed(await url, (parts) => (parts.password = 'geheim%20wort')),
      from,
    )
    expect(wrong.code).toBe('ERR_DATABASE_UNREACHABLE')
    expect(wrong.message).toMatch(/^Cannot connect to postgres:\/\/127\.0\.0\.1:\d+\/\w+: user or password is wrong\.$/)
    expect(`${wrong.message}`).not.toMatch(/geheim/)
    const missing = await failure(
      changed(await url, (parts) => (parts.pathname = 'no_such_one')),
      from,
    )
    expect(missing.message).toMatch(/no_such_one: there is no such database\.$/)
    const closed = await failure('postgres://me:geheim@127.0.0.1:9/db', from)
    expect(closed.message).toBe(
      'Cannot connect to postgres://127.0.0.1:9/db: nothing listens there. Start the server, or correct host and port.',
    )
  })

  test('waits five seconds for a server that says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => silent.once('listening', done))
    const { port } = silent.address() as { port: number }
    const begun = Date.now()
    const error = await failure(`postgres://me:geheim@127.0.0.1:${port}/db`, from)
    expect(error.message).toMatch(/it does not answer within 5 seconds\.$/)
    expect(Date.now() - begun).toBeLessThan(8_000)
    silent.close()
  })
})

describe.skipIf(!process.env.NONPLUS_TEST_MYSQL_URL).each([['mysql2'], ['mariadb']])(
  'MySQL or MariaDB by %s',
  (driver) => {
    const from = projectWith(driver)
    const url = createMysqlDatabase(`connect_${driver}`)

    test('connects, plans with values, and takes one statement only', async () => {
      const connection = await connect((await url).replace('mysql:', driver === 'mysql2' ? 'mysql:' : 'mariadb:'), {
        from,
      })
      await connection.query('create table t (id int primary key, label varchar(20))')
      await connection.query("insert into t values (1, 'a?b'), (2, 'x')")
      expect(await connection.query("select id from t where label = 'a?b' and id in (?)", [[1, 2]])).toEqual([
        { id: 1 },
      ])
      expect(await connection.query('select id from t where label = ?', ["x' or '1"])).toEqual([])
      await expect(connection.query('select 1; drop table t')).rejects.toMatchObject({ errno: 1064 })
      const outcome = await explainStatement(connection, {
        text: 'select * from t where label = ?',
        values: ["it's"],
        dialect: 'mysql',
        mode: 'analyze',
      })
      expect(outcome).toMatchObject({ plan: { mode: 'analyze', engine: connection.engine } })
      await connection.close()
    })

    test('says in one sentence why it does not, without the password', async () => {
      const wrong = await failure(
        changed(await url, (parts) => {
          parts.username = 'nobody_here'
          parts.password = 'geheim'
        }),
        from,
      )
      expect(wrong.message).toMatch(/: user or password is wrong\.$/)
      expect(wrong.message).not.toMatch(/geheim/)
      const missing = await failure(
        changed(await url, (parts) => (parts.pathname = 'no_such_one')),
        from,
      )
      expect(missing.message).toMatch(/no_such_one: there is no such database\.$/)
      const closed = await failure('mysql://me:geheim@127.0.0.1:9/db', from)
      expect(closed.message).toMatch(/9\/db: nothing listens there\./)
    })
  },
)

const Database = loadNativeSqlite<new (file: string) => { exec(text: string): void; close(): void }>('better-sqlite3')
describe.skipIf(Database === undefined)('SQLite', () => {
  const native = join(root, 'test/native-sqlite')

  test('opens a file by its path or URL, for reading only', async () => {
    const folder = projectWith()
    const file = join(folder, 'dev.db')
    const made = new (Database as NonNullable<typeof Database>)(file)
    made.exec('create table t (id integer primary key); insert into t values (1)')
    made.close()
    for (const url of [file, `sqlite:${file}`, `sqlite://${file}`, `file://${file}`]) {
      const connection = await connect(url, { from: native })
      expect(await connection.query('select id from t where id = ?', [1])).toEqual([{ id: 1 }])
      await expect(connection.query('insert into t values (2)')).rejects.toThrow()
      await connection.close()
    }
    writeFileSync(file, 'this is no database, but a text that is long enough for a header'.repeat(20))
    expect((await failure(file, native)).message).toMatch(/: the file is no SQLite database\.$/)
    expect((await failure(join(folder, 'none.db'), native)).message).toMatch(/there is no such file/)
  })
})

test('a driver that is missing is named, with what to install', async () => {
  const from = projectWith()
  expect(await failure('postgres://127.0.0.1/db', from)).toMatchObject({
    code: 'ERR_DRIVER_UNSUPPORTED',
    message: 'A URL of PostgreSQL needs `pg` or `postgres`, and neither is installed in this project. Run: npm i -D pg',
  })
  expect((await failure('mysql://127.0.0.1/db', from)).message).toMatch(/Run: npm i -D mysql2$/)
})

test('another kind of URL is refused, without its password', async () => {
  const error = await failure('mssql://sa:geheim@127.0.0.1/db', projectWith())
  expect(error.code).toBe('ERR_OPTION_INVALID')
  expect(error.message).toBe(
    'Expected a URL of postgres://, mysql://, mariadb:// or sqlite:, or the path of a SQLite file, but got one of mssql://.',
  )
})
