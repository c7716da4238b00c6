import { once } from 'node:events'
import { createRequire } from 'node:module'

// required: what patches modules as they are required sees it then, under `import` too
const http = createRequire(import.meta.url)('node:http')

/** Connections, requests at once, and queries of each request in the loop. */
const POOL_SIZE = 2
const REQUESTS = 6
const AUTHORS = [1, 2, 3, 4]

/**
 * Serves six requests at once on a warm pool of two, each of them asking in every way the driver has, and tells what the
 * application saw. The number of its request stands in every statement.
 *
 * @param driver `open`, `prepare`, `handle` and `close`, as in `drivers.js`.
 */
export async function play(driver, url) {
  const rejections = []
  process.on('unhandledRejection', (error) => rejections.push(error.message))
  const pool = await driver.open(url, POOL_SIZE)
  await driver.prepare(pool)
  const server = http.createServer(async (request, response) => {
    const number = Number(request.url.slice('/requests/'.length))
    const seen = await driver.handle(pool, number, AUTHORS)
    response.end(JSON.stringify(seen))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, index) => get(server.address().port, `/requests/${index + 1}`)),
  )
  server.close()
  await driver.close(pool)
  await new Promise((resolve) => setTimeout(resolve, 50))
  return { answers, rejections }
}

async function get(port, path) {
  const request = http.get({ port, path, host: '127.0.0.1', agent: false })
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text)
}
