// A well-known package that ends the process only where it believes that nobody else will.
import pg from 'pg'
import { onExit } from 'signal-exit'
import { listPosts } from './posts.mjs'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
onExit((_code, signal) => console.log(`cleaned up on ${signal}`))
await listPosts(pool)
setInterval(() => {}, 1000)
console.log('ready')
