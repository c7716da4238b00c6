import { findCustomer, findCustomers } from './customers.js'
import { pool } from './db.js'
import { findOrders } from './orders.js'

/** Reads right and is slow: the orders of a month, then one query more for the customer of each. */
async function sumByCustomer(month) {
  const sums = new Map()
  for (const order of await findOrders(month)) {
    const { name } = await findCustomer(order.customer_id)
    sums.set(name, (sums.get(name) ?? 0) + order.cents)
  }
  return sums
}

/** The same with two queries, however many orders there are. */
async function sumByCustomerInTwoQueries(month) {
  const orders = await findOrders(month)
  const customers = await findCustomers(orders.map((order) => order.customer_id))
  const sums = new Map()
  for (const order of orders) {
    const { name } = customers.get(order.customer_id)
    sums.set(name, (sums.get(name) ?? 0) + order.cents)
  }
  return sums
}

const sum = process.argv.includes('--fixed') ? sumByCustomerInTwoQueries : sumByCustomer
for (const [name, cents] of await sum('2026-02-01')) console.log(`${name.padEnd(10)}${(cents / 100).toFixed(2)}`)
await pool.end()
