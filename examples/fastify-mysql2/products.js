import { pool } from './db.js'

async function findProducts() {
  const [rows] = await pool.query('select id, name, price from products order by name limit 10')
  return rows
}

async function findStock(productId) {
  const [rows] = await pool.execute('select amount from stocks where product_id = ?', [productId])
  return rows[0].amount
}

async function findStars(productId) {
  const [rows] = await pool.query('select stars from reviews where product_id = ?', [productId])
  return rows.map((row) => row.stars)
}

/** Reads right and is slow: one query for the products, then one more for the stock of each. */
export async function listProducts() {
  const page = []
  for (const product of await findProducts()) {
    page.push({ name: product.name, stock: await findStock(product.id) })
  }
  return page
}

/** The same at once: no less work for the database, and five connections for one request. */
export async function listRatings() {
  const products = await findProducts()
  return Promise.all(
    products.map(async (product) => {
      const stars = await findStars(product.id)
      return { name: product.name, stars: stars.reduce((sum, count) => sum + count, 0) / stars.length }
    }),
  )
}

/** The first page with one query. */
export async function listProductsInOneQuery() {
  const [rows] = await pool.query(
    `select products.name, stocks.amount as stock from products
     join stocks on stocks.product_id = products.id order by products.name limit 10`,
  )
  return rows
}
