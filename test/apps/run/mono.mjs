// The same loop in a package of the workspace, and in one from the registry.
import { listPosts as listOwn } from '@app/own'
import { listPosts } from 'from-registry'
import pg from 'pg'
import { serve, visit } from './serve.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const { origin, server } = await serve(async ({ url }) => {
  if (url === '/own') return await listOwn(pool)
  return await listPosts(pool) // through the registry
})
await visit(origin, '/own')
await visit(origin, '/registry')
server.close()
await pool.end()
