import { setTimeout as sleep } from 'node:timers/promises'
import * as pglite from '@electric-sql/pglite'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instrument, profile } from '../src/index.ts'

instrument(pglite)

const explain = { explain: true } as const
const BY_CUSTOMER = 'select id from orders where customer_id = $1'

let database: PGlite

beforeAll(async () => {
  database = await PGlite.create()
  await database.exec(`create table orders (id int primary key, customer_id int not null);
    insert into orders select n, n % 30 from generate_series(1, 300) n; analyze orders`)
})

afterAll(() => database.close())

async function studied(run: () => Promise<unknown>): Promise<object> {
  const { trace, report } = await profile('block', run, explain)
  return {
    plans: trace.plans?.flatMap(({ plans }) => plans.map(({ plan }) => plan.root.op)) ?? [],
    notExplained: report.coverage.plans?.notExplained.map(({ code }) => code),
    failures: report.coverage.warnings.filter((text) => text.includes('inside nonplus')),
  }
}

test('on the one connection, whose session stays as it is, while others go on', async () => {
  await database.exec('select pg_advisory_lock(7)')
  let isOver = false
  const others = (async () => {
    let count = 0
    while (!isOver) {
      await sleep(1)
      count += (await database.transaction((tx) => tx.query('select 1 as one'))).rows.length
    }
    return count
  })()
  expect(await studied(() => database.query(BY_CUSTOMER, [7]))).toEqual({
    plans: ['seq-scan'],
    notExplained: [],
    failures: [],
  })
  isOver = true
  expect(await others).toBeGreaterThan(1)
  const { rows } = await database.query(`select current_setting('transaction_read_only') as read_only,
    (select count(*)::int from pg_locks where locktype = 'advisory') as locks,
    (select count(*)::int from pg_prepared_statements where name like 'nonplus%') as prepared`)
  expect(rows).toEqual([{ read_only: 'off', locks: 1, prepared: 0 }])
})

test('not while a transaction is open that was begun by hand, which stays as it is', async () => {
  await database.exec('begin; insert into orders values (1001, 1)')
  expect(await studied(() => database.query('select id, customer_id from orders where customer_id = $1', [1]))).toEqual(
    {
      plans: [],
      notExplained: ['transaction-open'],
      failures: [],
    },
  )
  expect(database.isInTransaction()).toBe(true)
  await database.exec('commit')
  expect((await database.query('select id from orders where id = 1001')).rows).toHaveLength(1)
})

test('not while one of transaction() is open, which is not held up for long', async () => {
  await database.transaction(async (tx) => {
    await tx.query('insert into orders values (1002, 1)')
    const begun = performance.now()
    const found = await studied(() => tx.query('select customer_id, id from orders where customer_id = $1', [1]))
    expect(found).toEqual({ plans: [], notExplained: ['transaction-open'], failures: [] })
    expect(performance.now() - begun).toBeLessThan(8_000)
  })
  expect((await database.query('select id from orders where id = 1002')).rows).toHaveLength(1)
})

test('a database that was closed', async () => {
  const closed = await PGlite.create()
  await closed.exec('create table t (id int)')
  const found = await studied(async () => {
    await closed.query('select id from t where id = 1')
    await closed.close()
  })
  expect(found).toEqual({ plans: [], notExplained: ['connection-failed'], failures: [] })
})
