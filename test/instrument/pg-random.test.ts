import pg from 'pg'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { afterAll, beforeAll, test } from 'vitest'
import { instrument } from '../../src/instrument/instrument.ts'
import { createDatabase } from '../create-database.ts'
import { holdRandomMixes, type Use } from './random-mix.ts'

instrument(pg)

const url = await createDatabase('random')
let pool: pg.Pool

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: url, max: 2 })
  await Promise.all([pool.query('select pg_sleep(0.01)'), pool.query('select pg_sleep(0.01)')])
})

afterAll(async () => {
  await pool.end()
})

function use(name: string, statements: number, run: Use['run']): Use {
  return { name, statements, run }
}

function called(call: (done: (error: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => {
    call(resolve)
  })
}

async function withClient(work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect()
  try {
    await work(client)
  } finally {
    client.release()
  }
}

const uses: readonly Use[] = [
  use('pool, awaited', 1, async (marker) => await pool.query('select $1::int', [marker])),
  use('pool, promise handed on', 1, async (marker) => await pool.query(`select ${marker}`).then(() => undefined)),
  use('pool, callback', 1, (marker) => called((done) => pool.query('select $1::int', [marker], done))),
  use('pool, two callbacks in a chain', 2, (marker) => {
    return called((done) => pool.query(`select ${marker}`, () => pool.query('select $1::int', [marker], done)))
  }),
  use('pool, fails', 1, async (marker) => await pool.query(`select ${marker} / 0`).catch(() => undefined)),
  use('pool, fails in a callback', 1, (marker) => called((done) => pool.query(`select ${marker} from nowhere`, done))),
  use('checkout by callback', 1, (marker) => {
    return called((done) => {
      pool.connect((error, client, release) => {
        if (error !== undefined || client === undefined) return done(error)
        client.query('select $1::int', [marker], (failure) => {
          release()
          done(failure)
        })
      })
    })
  }),
  use('transaction', 2, (marker) => {
    return withClient(async (client) => {
      await client.query('begin')
      await client.query('select $1::int', [marker])
      await client.query({ name: 'prepared', text: 'select $1::int + 1', values: [marker] })
      await client.query('rollback')
    })
  }),
  use('cursor', 1, (marker) => {
    return withClient(async (client) => {
      const cursor = client.query(new Cursor(`select ${marker} from generate_series(1, 9)`))
      await cursor.read(2)
      await cursor.close()
    })
  }),
  use('stream', 1, (marker) => {
    return withClient(async (client) => {
      for await (const _ of client.query(new QueryStream('select $1::int from generate_series(1, 9)', [marker])));
    })
  }),
  use('sent together', 3, async (marker) => {
    await Promise.all([0, 1, 2].map((summand) => pool.query('select $1::int + $2::int', [marker, summand])))
  }),
  use('sent later', 1, async (marker) => {
    await new Promise((resolve) => setTimeout(resolve, marker % 7))
    await pool.query(`select ${marker}`)
  }),
]

test('pg: random mixes in random numbers of scopes, over a warm pool of two', async () => {
  await holdRandomMixes(uses, 150)
})
