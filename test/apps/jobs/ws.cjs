// A server of ws and its clients; `mode` import takes the ES module of ws.
const { once } = require('node:events')
const { listPosts, pool, warmUp } = require('./posts.cjs')

async function main() {
  const { WebSocket, WebSocketServer } = process.argv[2] === 'import' ? await import('ws') : require('ws')
  await warmUp()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const rejected = []
  process.on('unhandledRejection', (error) => rejected.push(error.message))
  const answered = []
  server.on('connection', async (socket) => {
    socket.on('message', async (data, isBinary) => {
      const count = isBinary ? data[0] : Number(data)
      if (count === 0) return socket.send('0') // sends no statement
      await listPosts(count)
      if (count === 9) throw new Error('on purpose')
      for (const client of server.clients) client.send(String(count))
    })
    socket.once('close', () => listPosts(1).then(() => answered.push('closed')))
    await listPosts(7)
  })
  await once(server, 'listening')
  const connect = async () => {
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
    client.on('message', (data) => answered.push(String(data)))
    await once(client, 'open')
    return client
  }
  const [a, b] = await Promise.all([connect(), connect()])
  a.send('2')
  b.send(Buffer.from([3]))
  a.send('0')
  a.send('4')
  b.send('9')
  const until = async (isDone) => {
    for (let tries = 0; tries < 300 && !isDone(); tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // each of three answers goes to both, that to nothing to one
  await until(() => answered.length === 7 && rejected.length === 1)
  a.close()
  b.close()
  await until(() => answered.length === 9)
  console.log(
    JSON.stringify({ answered: answered.toSorted(), rejected, listeners: server.listenerCount('connection') }),
  )
  server.close()
  await pool.end()
}

main()
