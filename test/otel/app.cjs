// Serves six requests at once on a warm pool of two, each of them asking in every way the driver has. The number of its
// request stands in the name of a column, which is all that is left of a statement when its literals are replaced.
const { once } = require('node:events')
const http = require('node:http')
const { createRequire } = require('node:module')

const load = createRequire(process.env.OTEL_PACKAGES)
const drivers = { pg: require('./pg.cjs'), mysql2: require('./mysql2.cjs'), tedious: require('./tedious.cjs') }

const REQUESTS = 6

async function main() {
  const driver = drivers[process.env.OTEL_DRIVER](load, process.env.OTEL_URL)
  await driver.prepare()
  const server = http.createServer(async (request, response) => {
    const number = Number(request.url.slice('/requests/'.length))
    try {
      response.end(JSON.stringify(await driver.handle(number)))
    } catch (error) {
      response.statusCode = 500
      response.end(JSON.stringify(error.stack))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const paths = Array.from({ length: REQUESTS }, (_, index) => `/requests/${index + 1}`)
  const answers = await Promise.all(paths.map((path) => get(server.address().port, path)))
  server.close()
  await driver.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const told = await globalThis.stopSdk?.()
  process.stdout.write(`\nTOLD ${JSON.stringify({ answers, ...told })}\n`)
  process.exit()
}

async function get(port, path) {
  const [response] = await once(http.get({ port, path, host: '127.0.0.1', agent: false }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text)
}

main()
