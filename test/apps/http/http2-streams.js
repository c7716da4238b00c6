import { createServer } from 'node:http2'
import { Readable } from 'node:stream'
import { work } from './work.js'

/** Answers `stream` events by hand, and leaves some streams in every state that a server can leave them in. */
export function start(check) {
  const server = createServer()
  server.on('stream', (stream, headers) => {
    // the checks know requests
    const req = { method: headers[':method'], url: headers[':path'], headers }
    const handler = handlers[`${req.method} ${req.url}`] ?? answer
    handler(req, stream, check)
  })
  return server.listen(0, '127.0.0.1')
}

const handlers = {
  'POST /users': (req, stream, check) => {
    const parts = []
    stream.on('data', (part) => {
      check(req, 'on data')
      parts.push(part)
    })
    stream.on('end', async () => {
      await work(req, check)
      stream.respond({ ':status': 201 })
      stream.end(String(JSON.parse(Buffer.concat(parts).toString()).text.length))
    })
  },
  'GET /stream': (req, stream, check) => {
    const source = Readable.from(['a', 'b', 'c'])
    source.on('data', () => check(req, 'while streaming'))
    stream.on('finish', () => check(req, 'when finished'))
    stream.on('close', () => check(req, 'on close'))
    stream.respond()
    source.pipe(stream)
  },
  'GET /pushed': (_req, stream) => {
    stream.pushStream({ ':path': '/style.css' }, (error, pushed) => {
      if (error !== null) throw error
      pushed.respond()
      pushed.end('body {}')
      stream.respond()
      stream.end('pushed')
    })
  },
  'GET /never-ended': () => {},
  'GET /half-written': (_req, stream) => {
    stream.respond()
    stream.write('half')
  },
  'GET /destroyed': (_req, stream) => stream.destroy(),
  'GET /refused': (_req, stream) => stream.on('error', () => {}).close(7),
}

async function answer(req, stream, check) {
  await work(req, check)
  stream.respond({ ':status': req.url.startsWith('/nowhere') ? 404 : 200 })
  stream.end()
}
