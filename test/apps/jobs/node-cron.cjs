// Tasks of node-cron: by the clock twice at the same time, by hand, and one that fails; `mode` import takes its ES module.
const { listPosts, pool, warmUp } = require('./posts.cjs')

async function main() {
  const cron = process.argv[2] === 'import' ? (await import('node-cron')).default : require('node-cron')
  await warmUp()
  const once = { maxExecutions: 1 }
  const finished = (task) => new Promise((resolve) => task.once('execution:finished', resolve))
  const failed = (task) => new Promise((resolve) => task.once('execution:failed', resolve))
  const nightly = cron.schedule('* * * * * *', () => listPosts(2), { ...once, name: 'nightly' })
  const unnamed = cron.schedule('*/1 * * * * *', () => listPosts(3), once)
  const failing = cron.schedule(
    '* * * * * *',
    async () => {
      await listPosts(4)
      throw new TypeError('on purpose')
    },
    { name: 'failing', logger: { info() {}, warn() {}, error() {}, debug() {} } },
  )
  await Promise.all([finished(nightly), finished(unnamed), failed(failing)])
  failing.destroy()
  const byHand = cron.createTask('0 0 1 1 *', () => listPosts(5), { name: 'by hand' })
  const result = await byHand.execute()
  if (result !== 5) throw new Error(`the result of the task is ${result}`)
  await pool.end()
}

main()
