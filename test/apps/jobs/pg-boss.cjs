// Workers of pg-boss, one of them started in a request, whose own statements are nobody's; `send` is the request's.
// `mode` import takes it as an ES module would.
const { createServer } = require('node:http')
const { once } = require('node:events')
const { listPosts, pool, warmUp } = require('./posts.cjs')

async function main() {
  const loaded = process.argv[2] === 'import' ? await import('pg-boss') : require('pg-boss')
  // a named export from version 12 on
  const PgBoss = loaded.PgBoss ?? loaded.default ?? loaded
  const boss = new PgBoss({
    connectionString: process.env.DATABASE_URL,
    schema: process.env.BOSS_SCHEMA ?? 'pgboss',
    max: 2,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  await warmUp()
  for (const queue of ['mails', 'reports', 'failures']) await boss.createQueue(queue)
  let left = 4
  let allDone
  const done = new Promise((resolve) => {
    allDone = resolve
  })
  const work = (fail) => async (jobs) => {
    for (const { data } of jobs) await listPosts(data.count)
    if (--left === 0) allDone()
    if (fail) throw new TypeError('on purpose')
  }
  const options = { pollingIntervalSeconds: 0.5 }
  const server = createServer(async (_request, response) => {
    await boss.work('mails', options, work(false))
    for (const count of [2, 3]) await boss.send('mails', { count })
    for (const count of [4, 5]) await boss.send('reports', { count })
    await boss.send('failures', { count: 6 }, { retryLimit: 0 })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await fetch(`http://127.0.0.1:${server.address().port}/start`)
  await boss.work('reports', { ...options, batchSize: 2 }, work(false))
  await boss.work('failures', options, work(true))
  await done
  // polls go on after the last job
  await new Promise((resolve) => setTimeout(resolve, 1200))
  await boss.stop({ graceful: true, wait: true })
  server.close()
  server.closeAllConnections()
  await pool.end()
}

main()
