import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import esbuild from 'esbuild'
import type promiseTypes from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instrument, listenToDrivers } from '../../src/instrument/instrument.ts'
import { unpatchAll } from '../../src/instrument/patch.ts'
import { currentScope } from '../../src/instrument/scope.ts'
import { state } from '../../src/instrument/state.ts'
import { profile } from '../../src/profiler.ts'
import { createMysqlDatabase } from '../create-mysql-database.ts'
import { HOW_TO_GET_MYSQL } from '../mysql-server.ts'
import { facts } from './driver-contract.ts'
import { record } from './record.ts'

const require = createRequire(import.meta.url)
const isMissing = process.env.NONPLUS_TEST_MYSQL_URL === undefined

const TEXT = 'select * from authors where id = ?'

/** Bundlers make a copy of the driver that no loader hook can see. */
describe.skipIf(isMissing)(`mysql2 in a bundle${isMissing ? ` (SKIPPED: ${HOW_TO_GET_MYSQL})` : ''}`, () => {
  let folder: string
  let promises: typeof promiseTypes
  let pool: promiseTypes.Pool

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nonplus-bundle-'))
    const outfile = join(folder, 'bundle.cjs')
    await esbuild.build({
      entryPoints: [require.resolve('mysql2/promise')],
      outfile,
      bundle: true,
      minify: true,
      format: 'cjs',
      platform: 'node',
    })
    promises = require(outfile) as typeof promiseTypes
    const uri = await createMysqlDatabase('bundle')
    pool = promises.createPool({ uri, connectionLimit: 2 })
    await pool.query('create table authors (id int primary key, name text)')
    await pool.query('insert into authors values ?', [Array.from({ length: 20 }, (_, id) => [id, `author ${id}`])])
    await Promise.all([pool.query('select sleep(0.05)'), pool.query('select sleep(0.05)')])
    listenToDrivers()
  })

  afterAll(async () => {
    await pool.end()
    rmSync(folder, { recursive: true })
  })

  test('is heard: each call once, with its values, rows, error and wait, and said in the coverage', async () => {
    const { ended } = await record(async () => {
      await pool.query(TEXT, [3])
      await pool.execute(TEXT, [4])
      const connection = await pool.getConnection()
      await connection.query('select * from authors where id < 4')
      connection.release()
      await expect(pool.execute('select * from nothing_here')).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' })
    })
    expect(ended.map(facts)).toEqual([
      { text: 'select * from authors where id = 3', parameters: undefined, rows: 1, error: undefined },
      { text: TEXT, parameters: [4], rows: 1, error: undefined },
      { text: 'select * from authors where id < 4', parameters: undefined, rows: 4, error: undefined },
      { text: 'select * from nothing_here', parameters: undefined, rows: 0, error: 'ER_NO_SUCH_TABLE' },
    ])
    expect(ended.every(({ acquiredAt, startedAt }) => acquiredAt === 0 || acquiredAt >= startedAt)).toBe(true)
    expect([...state.drivers.values()]).toContainEqual({ name: 'mysql2', version: 'unknown', via: 'channel' })
  })

  test.each([
    ['query', (request: number) => pool.query(`select ${request} as request`)],
    ['execute', (request: number) => pool.execute(`select ${request} as request`)],
  ])('a warm pool of two under six requests: %s', async (_name, ask) => {
    const requests = Array.from({ length: 6 }, (_, request) =>
      record(async () => {
        for (let index = 0; index < 6; index++) {
          await ask(request)
          expect(currentScope()?.name).toBe(`request ${request}`)
        }
      }, `request ${request}`),
    )
    const started = new Set((await Promise.all(requests)).flatMap((recording) => recording.started))
    expect(started.size).toBe(36)
    const wrong = [...started].filter(({ scope, text }) => text !== `select ${scope.name.slice(8)} as request`)
    expect(wrong).toEqual([])
  })

  test('a loop over its rows is a proven n-plus-one', async () => {
    const { report } = await profile('loop', async () => {
      const [rows] = await pool.query('select id as author_id from authors order by id limit 6')
      for (const { author_id: id } of rows as { author_id: number }[]) await pool.query(TEXT, [id])
    })
    expect(report.findings.filter(({ kind }) => kind === 'n-plus-one')).toMatchObject([
      { confidence: 'proven', count: 6, parent: { column: 'id' } },
    ])
  })

  test('hooked by hand it tells the rest, and nothing twice', async () => {
    instrument(promises)
    const { ended } = await record(async () => {
      await pool.query(TEXT, [3])
      const connection = await pool.getConnection()
      const statement = await connection.prepare(TEXT)
      await statement.execute([3])
      await connection.execute(TEXT, [3])
      connection.release()
    })
    expect(ended.map(facts)).toEqual(Array(3).fill({ text: TEXT, parameters: [3], rows: 1, error: undefined }))
    expect(ended.every(({ connection }) => connection > 0)).toBe(true)
    unpatchAll()
  })
})
