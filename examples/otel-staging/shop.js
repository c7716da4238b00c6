const http = require('node:http')
const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

/** `GET /cart`: what is in it, and what it costs, which another service knows. */
async function showCart() {
  const { rows: items } = await pool.query('select product_id, quantity from cart_items order by product_id')
  const prices = await getJson(`${process.env.PRICES_URL}/prices?ids=${items.map((item) => item.product_id)}`)
  return items.map(({ product_id, quantity }) => ({ product_id, total: quantity * prices[product_id] }))
}

async function getJson(url) {
  const response = await new Promise((resolve, reject) => http.get(url, resolve).on('error', reject))
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return JSON.parse(text)
}

const server = http.createServer(async (request, response) => {
  if (request.url !== '/cart') return response.writeHead(404).end()
  response.setHeader('content-type', 'application/json').end(JSON.stringify(await showCart()))
})

server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
