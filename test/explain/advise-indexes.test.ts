import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pgConnection } from '../../src/explain/pg-connection.ts'
import { closePglite } from '../../src/explain/pglite-server.ts'
import { studyStatement } from '../../src/explain/study-statement.ts'
import type { VerifiedIndex } from '../../src/model/plan.ts'
import { createDatabase } from '../create-database.ts'

let client: pg.Client

const SETUP = `
create schema "Shop";
create extension pg_trgm;
create table events (at date not null, kind int not null, note text) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
create table "Shop"."Line Items" (id int primary key, "orderId" int not null, state text not null, note text, closed_at timestamp);
create index lines_order on "Shop"."Line Items" ("orderId");
create view open_items as select * from "Shop"."Line Items" where closed_at is null;
insert into events select date '2026-01-01' + g % 59, g % 3000, md5(g::text) from generate_series(1, 60000) g;
insert into "Shop"."Line Items" select g, g % 50, md5((g % 9000)::text), md5(g::text), case when g % 1000 > 0 then now() end
  from generate_series(1, 90000) g;
vacuum analyze "Shop"."Line Items";
analyze events`

beforeAll(async () => {
  client = new pg.Client({ connectionString: await createDatabase('advise') })
  await client.connect()
  for (const text of SETUP.split(';')) await client.query(text)
})

afterAll(async () => {
  await client.end()
  await closePglite()
})

async function advise(
  text: string,
  values: readonly unknown[] | undefined,
  { scratch = false, literals = false }: { readonly scratch?: boolean; readonly literals?: boolean } = {},
): Promise<readonly VerifiedIndex[]> {
  const outcome = await studyStatement(await pgConnection(client as never), {
    text,
    dialect: 'postgresql',
    mode: 'plan',
    timeoutMs: 20_000,
    scratch,
    values: literals,
    vectors: [{ values, executions: 1 }],
  })
  if ('refusal' in outcome) throw new Error(outcome.refusal.message)
  return outcome.explained.indexes
}

/** What catalogs, and so plans, say of the database. */
async function state(): Promise<unknown> {
  const { rows } = await client.query(
    "select c.relname, c.relkind, c.relpages, c.reltuples from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('public', 'Shop') order by 1",
  )
  const locks = await client.query(
    "select count(*)::int as held from pg_locks where pid = pg_backend_pid() and mode <> 'AccessShareLock'",
  )
  return [rows, locks.rows]
}

describe('an index is advised', () => {
  test('on a partitioned table, not on its parts', async () => {
    const [index, ...others] = await advise('select * from events where kind = $1', [7])
    expect(others).toEqual([])
    expect(index).toMatchObject({ ddl: 'CREATE INDEX ON events (kind)', table: 'events', verifiedBy: 'pglite' })
  })

  test('with the same costs however often it is asked for', async () => {
    const advised = []
    for (let time = 0; time < 3; time++) advised.push(await advise('select * from events where kind = $1', [7]))
    expect(advised[1]).toEqual(advised[0])
    expect(advised[2]).toEqual(advised[0])
  })

  test('below a view, in a schema and of names that must be quoted', async () => {
    const [index] = await advise('select id, note from open_items where state = $1', [md5()])
    expect(index?.ddl).toMatch(/^CREATE INDEX ON "Shop"."Line Items" /)
    expect(index?.columns).toEqual(['state'])
  })

  test('that takes the place of one', async () => {
    const text = 'select * from "Shop"."Line Items" where "orderId" = $1 and state = $2'
    const [index] = await advise(text, [7, md5()])
    const columns = [...(index?.columns ?? [])]
    expect(columns).toContain('state')
    expect(index?.replaces).toBe(columns[0] === 'orderId' ? 'lines_order' : undefined)
  })

  test('for a pattern, without an extension that there is', async () => {
    const [index] = await advise('select * from "Shop"."Line Items" where note like $1', ['%c4ca4238a0%'])
    expect(index?.ddl).toBe('CREATE INDEX ON "Shop"."Line Items" USING gin (note gin_trgm_ops)')
  })

  test('of a few rows, with a literal only where values may be told', async () => {
    const text = "select * from queue where state = 'rare' and closed_at < $1"
    await client.query('create table queue (id int primary key, state text not null, closed_at timestamp, pad text)')
    await client.query(
      "insert into queue select g, case when g % 5000 = 0 then 'rare' else 'usual' end, now() - g * interval '1 minute', repeat('x', 200) from generate_series(1, 60000) g",
    )
    await client.query('analyze queue')
    const told = await advise(text, ['2027-01-01'], { literals: true })
    const quiet = await advise(text, ['2027-01-01'])
    expect(told.concat(quiet)).not.toEqual([])
    expect(quiet.map(({ ddl }) => ddl).join()).not.toContain('rare')
    expect(quiet[0]?.columns[0]).toBe('state')
  })

  test('for values that are not known', async () => {
    const [index] = await advise('select * from events where kind = $1', undefined)
    expect(index?.columns).toEqual(['kind'])
  })

  test('that was made and rolled back, where that is allowed and nothing else can be had', async () => {
    const before = await state()
    const path = process.cwd()
    const [index] = await advise('select * from "Shop"."Line Items" where state = $1', [md5()], { scratch: true })
    expect(index?.columns).toEqual(['state'])
    expect(await state()).toEqual(before)
    expect(process.cwd()).toBe(path)
  })
})

function md5(): string {
  return 'a87ff679a2f3e71d9181a67b7542122c'
}
