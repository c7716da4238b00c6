// Two copies of nonplus in one process.
import { createRequire } from 'node:module'
import * as one from 'nonplus'
import pg from 'pg'
import { listPosts } from './posts.mjs'

const other = createRequire(new URL('other/index.js', import.meta.url))('nonplus')
if (other.profile === one.profile) throw new Error('these are no two copies')
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const profiler = one.createProfiler()
const first = await other.profile('by the other', () => listPosts(pool))
const second = await one.profile('by the one', () => listPosts(pool))
const all = profiler.report()
for (const { scopes, coverage } of [first.report, second.report, all]) {
  console.log(scopes.map(({ name, queries }) => `${name} ${queries.count}`).join(', '), coverage.seen)
}
await pool.end()
