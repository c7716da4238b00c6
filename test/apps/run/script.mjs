// A script: it opens no scope of its own, and ends as it is told.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { runInScope } from 'nonplus'
import pg from 'pg'
import { listPosts } from './posts.mjs'
import { serve, visit } from './serve.mjs'

const [, file, what, detail] = process.argv
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })

/** As a pool of threads does it, that ends its threads when they were idle for a while. */
const inThread = (end) =>
  new Promise((resolve) => {
    const thread = new Worker(file, { argv: ['thread', end] })
    thread.once('message', async () => {
      if (end !== 'terminate') return
      await sleep(1500)
      thread.terminate()
    })
    thread.once('exit', resolve)
  })

const cases = {
  drain: () => listPosts(pool),
  'exit 3': () => listPosts(pool).then(() => process.exit(3)),
  throw: async () => {
    await listPosts(pool)
    setImmediate(() => {
      throw new Error('uncaught on purpose')
    })
    await sleep(1000)
  },
  reject: async () => {
    await listPosts(pool)
    throw new Error('unhandled on purpose')
  },
  wait: async () => {
    await listPosts(pool)
    console.log('ready')
    await sleep(60_000)
  },
  'pause in the loop': async () => {
    const { rows } = await pool.query('select id, author_id from posts order by id limit 3')
    for (const { author_id } of rows) {
      await sleep(1200)
      await pool.query('select name from authors where id = $1', [author_id]) // the slow loop
    }
  },
  'poll until a signal': async () => {
    for (let round = 0; ; round++) {
      await pool.query('select id from posts where id = $1', [1])
      if (round === 2) console.log('ready')
      await sleep(1200)
    }
  },
  serve: async () => {
    await listPosts(pool)
    const { origin, server } = await serve(async () => {
      await pool.query('select 1')
    })
    await pool.query('select 2')
    await visit(origin, '/first')
    const poll = () => pool.query('select 3') // the poller
    await Promise.all([visit(origin, '/second'), poll(), visit(origin, '/third')])
    server.close()
  },
  'job in a script': async () => {
    await listPosts(pool)
    await runInScope('report', () => pool.query('select 1'))
    await pool.query('select 2')
  },
  'several threads': () => Promise.all([inThread('drain'), inThread('exit'), inThread('terminate')]),
  thread: async () => {
    await listPosts(pool)
    if (isMainThread) return
    parentPort?.postMessage('done')
    if (detail === 'exit') process.exit()
    if (detail === 'terminate') await sleep(60_000)
  },
}

await cases[what]()
await pool.end()
console.log('done')
