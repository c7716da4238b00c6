// Workers of BullMQ: in this process, in a process of their own, in a thread of their own.
const { join } = require('node:path')
const { listPosts, pool, warmUp } = require('./posts.cjs')

const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) }
const sandboxed = join(__dirname, 'bullmq-sandbox.cjs')

let Queue
let Worker

async function handle(name, processor, jobs, options = {}) {
  const queue = new Queue(name, { connection })
  const worker = new Worker(name, processor, { connection, concurrency: 4, ...options })
  const ended = new Promise((resolve) => {
    let left = jobs.length
    for (const event of ['completed', 'failed']) worker.on(event, () => --left === 0 && resolve())
  })
  await queue.addBulk(jobs)
  await ended
  if (options.idle) await new Promise((resolve) => setTimeout(resolve, options.idle))
  await worker.close()
  await queue.close()
}

const job = (name, count) => ({ name, data: { count } })

async function main() {
  ;({ Queue, Worker } = process.argv[2] === 'import' ? await import('bullmq') : require('bullmq'))
  await warmUp()
  await handle(
    'mails',
    async ({ name, data }) => {
      await listPosts(data.count)
      if (name === 'failing') throw new TypeError('on purpose')
    },
    [job('welcome', 2), job('digest', 3), job('welcome', 4), job('failing', 5), job('digest', 6)],
  )
  await handle('processes', sandboxed, [job('sandboxed', 2)], { concurrency: 1 })
  await handle('threads', sandboxed, [job('sandboxed', 3)], { concurrency: 1, useWorkerThreads: true })
  await pool.end()
}

main()
