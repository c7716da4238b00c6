import { createServer } from 'node:http'

/** Answers requests with what `handle` gives. @returns the origin, and the way to close it. */
export async function serve(handle) {
  const server = createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await handle(request)))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  return { origin, server }
}

/** Asks for a page; resolves when the whole answer has come. */
export async function visit(origin, path) {
  const response = await fetch(origin + path, { headers: { connection: 'close' } })
  return response.text()
}
