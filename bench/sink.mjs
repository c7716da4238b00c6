import { once } from 'node:events'
import { createServer } from 'node:http'

/** Takes what tools send, and throws it away: in the process of the orchestrator, which has nothing else to do. */
export async function openSink() {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
