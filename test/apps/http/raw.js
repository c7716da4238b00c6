import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import rawBody from 'raw-body-2.4.1'
import { work } from './work.js'

const inFlight = new Set()

/** Answers by hand, and leaves some requests in every state that a server can leave them in. */
export function start(check) {
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url, 'http://localhost')
    const handler = handlers[`${req.method} ${pathname}`] ?? answer
    handler(req, res, check)
  })
  server.on('upgrade', (_req, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\n'))
  return server.listen(0, '127.0.0.1')
}

const handlers = {
  'POST /users': (req, res, check) => {
    const parts = []
    req.on('data', (part) => {
      check(req, 'on data')
      parts.push(part)
    })
    req.on('end', async () => {
      await work(req, check)
      const { text } = JSON.parse(Buffer.concat(parts).toString())
      res.writeHead(201).end(JSON.stringify({ length: text.length }))
    })
  },
  'POST /old-parser': (req, res, check) => {
    rawBody(req, { encoding: 'utf8' }, async (_error, body) => {
      await work(req, check)
      res.writeHead(201).end(JSON.stringify({ length: JSON.parse(body).text.length }))
    })
  },
  'POST /iterated': async (req, res, check) => {
    let length = 0
    for await (const part of req) {
      check(req, 'in the loop over the body')
      length += part.length
    }
    await work(req, check)
    res.writeHead(201).end(String(length))
  },
  'GET /stream': (req, res, check) => {
    const source = Readable.from(['a', 'b', 'c'])
    source.on('data', () => check(req, 'while streaming'))
    res.on('finish', () => check(req, 'when finished'))
    source.pipe(res)
  },
  'GET /never-ended': (req) => void inFlight.add(req),
  'GET /half-written': (_req, res) => void res.write('half'),
  'GET /destroyed': (_req, res) => void res.destroy(),
  'GET /close-listener': (req, res, check) => {
    res.on('close', () => check(req, 'on close'))
    req.on('close', () => check(req, 'on close of the request'))
    res.end()
  },
  'GET /removed-listeners': (_req, res) => {
    res.removeAllListeners('close')
    res.end()
  },
  'POST /never-ended': (req) => void req.resume(),
}

async function answer(req, res, check) {
  await work(req, check)
  const status = req.url.startsWith('/nowhere') ? 404 : req.url.endsWith('/failure') ? 500 : 200
  res.writeHead(status).end(JSON.stringify({ url: req.url }))
}
