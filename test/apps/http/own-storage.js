import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'

/** Prints what an application sees of its own contexts, and of the objects it is given. Runs with and without nonplus. */
const storage = new AsyncLocalStorage()
const seen = []
const see = (point) => seen.push(`${point}: ${storage.getStore()}`)

let arrive
const server = createServer((request, response) => {
  see('handler')
  setImmediate(arrive)
  seen.push(Object.keys(request), Object.keys(response), request.emit.name, request.emit.length)
  seen.push(request.eventNames(), response.eventNames())
  storage.run('inner', () => request.on('data', () => see('data')))
  storage.enterWith(`entered ${request.url}`)
  request.on('end', () => {
    see('end')
    storage.run('answer', () => response.end('done'))
  })
  request.on('close', () => see('close of the request'))
  response.on('finish', () => see('finish'))
  response.on('close', () => see('close'))
})
storage.enterWith('outer')
await once(server.listen(0, '127.0.0.1'), 'listening')
storage.enterWith('client')
const socket = connect(server.address().port, '127.0.0.1')
for (const path of ['/one', '/two']) {
  // the body only once the handler has run: what comes in one packet is read in one go
  const arrival = new Promise((resolve) => {
    arrive = resolve
  })
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n`)
  await arrival
  socket.write('body')
  await once(socket, 'data')
}
socket.end()
await once(server.close(), 'close')
console.log(JSON.stringify(seen, null, 1))
