import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { pgConnection } from '../../src/explain/pg-connection.ts'
import { closePglite } from '../../src/explain/pglite-server.ts'
import type { StudyOutcome } from '../../src/explain/request.ts'
import { rolledBackTrial } from '../../src/explain/rolled-back-trial.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import { HOW_TO_GET_POSTGRES_15, postgres15Server } from '../postgres-15-server.ts'

const fifteen = await postgres15Server()
const ending: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const end of ending.reverse()) await end()
  await closePglite()
  await fifteen?.stop()
})

/** A table that PGlite has no type for, so that a clone cannot be made of it. */
const tables = `
create extension seg;
create table visits (id int primary key, room int not null, span seg, note text);
insert into visits select n, n % 5000, '1 .. 2', 'x' from generate_series(1, 50000) as n;
analyze visits;`
const text = `select * from visits where room = 7 and span && '1 .. 3'::seg`

async function database(server: string): Promise<string> {
  const name = `nonplus_rolled_back_${process.pid}`
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  await admin.query(`create database ${name}`)
  ending.push(async () => {
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  })
  const url = new URL(server)
  url.pathname = name
  const client = await connected(url.href)
  await client.query(tables)
  return url.href
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  ending.push(() => client.end())
  return client
}

const request = { text, dialect: 'postgresql', mode: 'plan', values: [] } as const

async function study(url: string, scratch: boolean): Promise<StudyOutcome> {
  const connection = await pgConnection(await connected(url))
  return await studyStatement(connection, {
    text,
    dialect: 'postgresql',
    mode: 'plan',
    session: [],
    timeoutMs: 2_000,
    vectors: [{ values: [], executions: 1 }],
    scratch,
    values: false,
  })
}

const servers = [
  ['18', process.env.NONPLUS_TEST_POSTGRES_URL],
  [`15 (else: ${HOW_TO_GET_POSTGRES_15})`, fifteen?.url],
] as const

for (const [name, server] of servers) {
  describe.skipIf(server === undefined)(`PostgreSQL ${name}`, { timeout: 60_000 }, () => {
    const made = server === undefined ? Promise.resolve('') : database(server)

    test('indexes are made where nothing else can try them, only where that is allowed, and leave nothing', async () => {
      const url = await made
      const client = await connected(url)
      const relations = async () =>
        (await client.query('select oid, relname, relfilenode from pg_class order by 1')).rows
      const before = await relations()
      expect(await study(url, false)).toMatchObject({ explained: { indexes: [], verifiedBy: 'none' } })
      const allowed = await study(url, true)
      expect(allowed).toMatchObject({
        explained: {
          verifiedBy: 'rolled-back-index',
          indexes: [
            { ddl: 'CREATE INDEX ON visits (room)', verifiedBy: 'rolled-back-index', bytes: expect.any(Number) },
          ],
        },
      })
      const [index] = 'explained' in allowed ? allowed.explained.indexes : []
      await client.query('begin; create index on visits (room)')
      const { rows } = await client.query(`explain (format json) ${text}`)
      await client.query('rollback')
      expect(index?.costAfter).toBeCloseTo(rows[0]['QUERY PLAN'][0].Plan['Total Cost'], 1)
      expect(await relations()).toEqual(before)
    })

    test('who writes meanwhile waits for one index at most', async () => {
      const url = await made
      const writer = await connected(url)
      let isDone = false
      const waits: number[] = []
      const writing = (async () => {
        while (!isDone) {
          const start = performance.now()
          await writer.query('update visits set note = note where id = 1')
          waits.push(performance.now() - start)
        }
      })()
      const outcome = await study(url, true)
      isDone = true
      await writing
      expect(outcome).toMatchObject({ explained: { verifiedBy: 'rolled-back-index' } })
      expect(waits.length).toBeGreaterThan(5)
      // an index of this table takes 20 ms; several sets of them are tried
      expect(Math.max(...waits)).toBeLessThan(1_500)
    })

    test('a table that somebody is writing to is let alone after 100 ms', async () => {
      const url = await made
      const writer = await connected(url)
      const other = await connected(url)
      await writer.query('begin; update visits set note = note where id = 2')
      const connection = await pgConnection(await connected(url))
      const trial = await rolledBackTrial(connection, request)
      const table = { schema: 'public', name: 'visits', columns: [], indexes: [], statistics: { isMissing: false } }
      const keys = [{ text: 'room', isColumn: true }]
      const start = performance.now()
      const trying = trial.planWith([
        { table, keys, include: [], method: 'btree', purpose: 'filter' } as unknown as Parameters<
          typeof trial.planWith
        >[0][number],
      ])
      // it queues behind the lock that is being waited for
      await other.query('update visits set note = note where id = 3')
      expect(performance.now() - start).toBeLessThan(2_000)
      expect(await trying).toBeUndefined()
      await writer.query('rollback')
      await trial.close()
    })

    test('a process that stops in between is thrown out', async () => {
      const url = await made
      const connection = await pgConnection(await connected(url))
      const trial = await rolledBackTrial(connection, request)
      const [row] = await connection.query("select current_setting('idle_in_transaction_session_timeout') as ms")
      expect(row?.ms).toBe('5s')
      await trial.close()
      const [after] = await connection.query("select current_setting('idle_in_transaction_session_timeout') as ms")
      expect(after?.ms).toBe('0')
    })
  })
}
