// Asks for orders by a column without an index, and ends as it is told.
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import pg from 'pg'
import { visit } from './serve.mjs'

const [, , ending = 'drain', detail = '1'] = process.argv
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })

const byCustomer = async (id) => {
  const { rows } = await pool.query('select id, note from orders where customer_id = $1', [id]) // the scan
  return rows.length
}

const endings = {
  /** A server that is stopped when it has answered. */
  async drain() {
    const app = express()
    app.get('/customers/:id/orders', async (request, response) => {
      response.json(await byCustomer(Number(request.params.id)))
    })
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const origin = `http://127.0.0.1:${server.address().port}`
    for (const id of [1, 2, 3]) console.log(await visit(origin, `/customers/${id}/orders`))
    await new Promise((resolve) => server.close(resolve))
    await pool.end()
  },
  async script() {
    console.log(await byCustomer(4))
    await pool.query('create temporary table scratch (id int)')
    await pool.end()
  },
  async exit() {
    console.log(await byCustomer(5))
    process.exit(3)
  },
  async wait() {
    console.log(await byCustomer(6))
    console.log('ready')
    await sleep(60_000)
  },
  async many() {
    for (let n = 0; n < Number(detail); n++) await pool.query(`select ${'id, '.repeat(n)} id from orders where id = 1`)
    await pool.end()
    console.log('done')
  },
}

await endings[ending]()
