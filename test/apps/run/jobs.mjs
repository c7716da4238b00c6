// 12,000 jobs of one statement each; the last of them has a loop.
import { runInScope } from 'nonplus'
import pg from 'pg'
import { listPosts } from './posts.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
let left = 12_000
const work = async () => {
  while (left-- > 0) await runInScope('job', () => pool.query('select 1'))
}
await Promise.all([work(), work(), work(), work()])
await runInScope('last', () => listPosts(pool))
await pool.end()
