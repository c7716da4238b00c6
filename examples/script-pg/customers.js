import { pool } from './db.js'

export async function findCustomer(id) {
  const { rows } = await pool.query('select id, name from customers where id = $1', [id])
  return rows[0]
}

/** Customers by their id. */
export async function findCustomers(ids) {
  const { rows } = await pool.query('select id, name from customers where id = any($1)', [ids])
  return new Map(rows.map((customer) => [customer.id, customer]))
}
