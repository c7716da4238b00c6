// nonplus as an ES module and as CommonJS, in one process.
import { createRequire } from 'node:module'
import * as esm from 'nonplus'
import pg from 'pg'
import { listPosts } from './posts.mjs'

const cjs = createRequire(import.meta.url)('nonplus')
if (cjs.profile === esm.profile) throw new Error('these are no two copies')
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const profiler = esm.createProfiler()
const first = await cjs.profile('by CommonJS', () => listPosts(pool))
const second = await esm.profile('by ESM', () => listPosts(pool))
const all = profiler.report()
for (const { scopes, coverage } of [first.report, second.report, all]) {
  console.log(scopes.map(({ name, queries }) => `${name} ${queries.count}`).join(', '), coverage.seen)
}
await pool.end()
