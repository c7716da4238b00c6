import { readFile } from 'node:fs/promises'
import pg from 'pg'

const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
await client.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'))
await client.query(`insert into customers (name) select 'Customer ' || n from generate_series(1, 1500) as n`)
// Twenty orders of each customer, one a minute; the factor only stirs the customers.
await client.query(`
  insert into orders (customer_id, status, cents, note, created_at)
  select 1 + n * 7919 % 1500, case when n % 50 = 0 then 'open' else 'sent' end, 1000 + n % 977, 'as usual',
    timestamptz '2026-01-01 00:00+00' + n * interval '1 minute'
  from generate_series(0, 29999) as n`)
await client.query('analyze')
await client.end()

console.log('seeded 30000 orders of 1500 customers')
