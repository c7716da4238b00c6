import fastify from 'fastify'
import { pool } from './db.js'
import { listProducts, listProductsInOneQuery, listRatings } from './products.js'

const app = fastify()
app.get('/products', listProducts)
app.get('/ratings', listRatings)
app.get('/fixed/products', listProductsInOneQuery)
app.addHook('onClose', () => pool.end())

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' })}`)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
