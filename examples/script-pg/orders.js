import { pool } from './db.js'

export async function findOrders(month) {
  const { rows } = await pool.query('select id, customer_id, cents from orders where month = $1 order by id', [month])
  return rows
}
