// The driver is there before nonplus, and has connected.
import pg from 'pg'
import { listPosts } from './posts.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
await pool.query('select 1')
const { profile } = await import('nonplus')
const { report } = await profile('the posts', () => listPosts(pool))
await pool.end()
const [finding] = report.findings
console.log(`${report.coverage.seen} seen, ${finding.kind} at ${finding.callSite.file}:${finding.callSite.line}`)
