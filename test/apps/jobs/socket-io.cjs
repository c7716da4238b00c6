// A server of socket.io and its clients; `mode` import takes the ES module.
const { createServer } = require('node:http')
const { once } = require('node:events')
const { io } = require('socket.io-client')
const { listPosts, pool, warmUp } = require('./posts.cjs')

async function main() {
  const { Server } = process.argv[2] === 'import' ? await import('socket.io') : require('socket.io')
  await warmUp()
  const http = createServer()
  const server = new Server(http)
  const said = []
  process.on('unhandledRejection', (error) => said.push(`rejected ${error.message}`))
  server.on('connection', (socket) => {
    socket.on('posts', async (count, answer) => {
      await listPosts(count)
      server.emit('news', count)
      answer(count)
    })
    socket.on('binary', async (bytes) => listPosts(bytes[0]).then(() => socket.emit('news', 'binary')))
    socket.on('failing', async (count) => {
      await listPosts(count)
      throw new Error('on purpose')
    })
    socket.on('quiet', () => socket.emit('news', 'quiet'))
  })
  const rooms = server.of('/rooms')
  rooms.on('connection', async (socket) => {
    socket.once('join', (count) => listPosts(count).then(() => socket.emit('joined')))
    socket.on('disconnect', () => listPosts(1).then(() => said.push('left')))
    await listPosts(7)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `http://127.0.0.1:${http.address().port}`
  const options = { transports: ['websocket'], forceNew: true }
  const [a, b] = [io(origin, options), io(origin, options)]
  const room = io(`${origin}/rooms`, options)
  a.on('news', (what) => said.push(`news ${what}`))
  const joined = new Promise((resolve) => room.on('joined', resolve))
  const answers = [a.emitWithAck('posts', 2), b.emitWithAck('posts', 3), a.emitWithAck('posts', 4)]
  a.emit('binary', Buffer.from([5]))
  a.emit('quiet')
  b.emit('failing', 6)
  room.emit('join', 8)
  await Promise.all([...answers, joined])
  const until = async (isDone) => {
    for (let tries = 0; tries < 300 && !isDone(); tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until(() => said.length === 6)
  room.close()
  await until(() => said.length === 7)
  console.log(JSON.stringify({ said: said.toSorted(), answers: await Promise.all(answers) }))
  a.close()
  b.close()
  await server.close()
  await pool.end()
}

main()
