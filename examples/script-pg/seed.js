import { readFile } from 'node:fs/promises'
import { pool } from './db.js'

const customers = ['Bakery', 'Bookshop', 'Brewery', 'Cinema', 'Florist', 'Garage', 'Museum', 'Nursery', 'Pharmacy']

await pool.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'))
await pool.query('insert into customers (name) select name from unnest($1::text[]) as name', [customers])
// Twelve orders a month, for four months; 5 only stirs the customers.
await pool.query(
  `insert into orders (customer_id, month, cents)
   select 1 + n * 5 % $1, date '2026-01-01' + (n / 12) * interval '1 month', 1000 + n * 37
   from generate_series(0, 47) as n`,
  [customers.length],
)
await pool.query('analyze')
await pool.end()

console.log(`seeded 48 orders of ${customers.length} customers`)
