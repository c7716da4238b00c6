// Asks three times, twice at once, and lets three loggers write a line of it on standard output.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import morgan from 'morgan'
import pg from 'pg'
import pinoHttp from 'pino-http'
import { currentQueries } from '../../dist/index.js'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

morgan.token('queries', () => String(currentQueries()?.count ?? '-'))
const logByMorgan = morgan('MORGAN :method :url :status, :queries queries')
const logByPino = pinoHttp({ customProps: () => ({ queries: currentQueries() }) })

function say(line) {
  process.stdout.write(`${line}\n`)
}

function logByHand(request, response) {
  response.on('finish', () => say(`PLAIN ${request.url} ${JSON.stringify(currentQueries())}`))
}

const server = createServer((request, response) => {
  logByMorgan(request, response, () => {
    logByPino(request, response)
    logByHand(request, response)
    void answer(response, Number(request.url.slice(1)))
  })
})

async function answer(response, count) {
  const client = await pool.connect()
  await client.query('begin')
  for (let turn = 0; turn < count; turn++) await client.query('select generate_series(1, 2)')
  await client.query('commit')
  client.release()
  response.end('done')
}

server.listen(0, '127.0.0.1')
await once(server, 'listening')
await Promise.all(
  [1, 2, 3, 4].map(async (count) => {
    const [response] = await once(get({ port: server.address().port, path: `/${count}`, agent: false }), 'response')
    response.resume()
    await once(response, 'close')
  }),
)
say(`OUTSIDE ${currentQueries()}`)
server.close()
await pool.end()
