import { pool } from './db.js'
import { schema } from './schema.js'

const products = [
  'Anvil',
  'Basket',
  'Candle',
  'Drum',
  'Easel',
  'Flute',
  'Globe',
  'Hammer',
  'Ink',
  'Jar',
  'Kettle',
  'Lamp',
]
const ids = products.map((_, index) => index + 1)

for (const statement of schema) await pool.query(statement)
await pool.query('insert into products (id, name, price) values ?', [
  products.map((name, index) => [index + 1, name, 500 + index * 250]),
])
await pool.query('insert into stocks (product_id, amount) values ?', [ids.map((id) => [id, (id * 7) % 12])])
await pool.query('insert into reviews (product_id, stars) values ?', [
  ids.flatMap((id) => [
    [id, 1 + (id % 5)],
    [id, 5],
  ]),
])
await pool.end()

console.log(`seeded ${products.length} products`)
