const http = require('node:http')
const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

/** `GET /prices`: of some products, less the discount of their category. */
async function listPrices(ids) {
  const { rows: products } = await pool.query('select id, price, category_id from products where id = any($1)', [ids])
  const prices = {}
  for (const product of products) {
    const discount = await findDiscount(product.category_id)
    prices[product.id] = product.price - discount
  }
  return prices
}

async function findDiscount(categoryId) {
  const { rows } = await pool.query('select discount from categories where id = $1', [categoryId])
  return rows[0].discount
}

const server = http.createServer(async (request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost')
  const prices = await listPrices(searchParams.get('ids').split(',').map(Number))
  response.setHeader('content-type', 'application/json').end(JSON.stringify(prices))
})

server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
