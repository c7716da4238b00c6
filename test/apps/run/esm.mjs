// A server that is asked for its page, and closed.
import cluster from 'node:cluster'
import pg from 'pg'
import { listPosts } from './posts.mjs'
import { serve, visit } from './serve.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const { origin, server } = await serve(() => listPosts(pool))
for (let turn = 0; turn < Number(process.env.VISITS ?? 1); turn++) await visit(origin, '/posts')
server.close()
await pool.end()
cluster.worker?.disconnect()
console.log('done')
