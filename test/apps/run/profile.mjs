// One block, profiled by hand; prints what came of it.
import { profile } from 'nonplus'
import pg from 'pg'
import { listPosts } from './posts.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
await pool.query('select 1')
const { report } = await profile('list', () => listPosts(pool))
await pool.end()
const [finding] = report.findings
console.log(
  `${report.coverage.seen} seen, ${finding?.kind} (${finding?.confidence}) at line ${finding?.callSite?.line}`,
)
