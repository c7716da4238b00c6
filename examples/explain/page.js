import { readFile } from 'node:fs/promises'
import pg from 'pg'

const text = await readFile(new URL('latest-orders.sql', import.meta.url), 'utf8')
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 3 })

/** The latest orders of a customer, as a page shows them. */
async function findLatestOrders(customerId) {
  const { rows } = await pool.query(text, [customerId])
  return rows
}

const orders = await findLatestOrders(77)
await pool.end()

console.log(`${orders.length} orders`)
