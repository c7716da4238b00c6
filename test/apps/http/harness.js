import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'

/**
 * Runs one app as a plain program, preloaded with the hooks, and tells the test by message: the port, every scope that
 * closes, and at the end how many checks were right. An app exports `start(check)`, which returns a listening server.
 */
const { storage } = globalThis[Symbol.for('nonplus.state.v1')]
const scopes = new Map()
const failures = []
let right = 0

subscribe('http.server.request.start', ({ request }) => {
  scopes.set(request.headers['x-request-id'], storage.getStore())
})

subscribe('nonplus:scope:end', ({ id, name, kind, attributes }) => {
  const request = [...scopes].find(([, scope]) => scope?.id === id)?.[0]
  process.send({ scope: { request, id, name, kind, attributes } })
})

function check(request, point) {
  const expected = scopes.get(request.headers['x-request-id'])
  const current = storage.getStore()
  if (expected !== undefined && current === expected) right++
  else failures.push(`${request.method} ${request.url} ${point}: ${current === undefined ? 'lost' : 'wrong'}`)
}

const { start } = await import(pathToFileURL(process.argv[2]))
const server = await start(check)
// HTTP/2 is not announced by every Node: there it is what runs first in a request
server.prependListener('stream', (_stream, headers) => scopes.set(headers['x-request-id'], storage.getStore()))
process.on('message', async () => {
  server.closeAllConnections?.()
  if (server.listening) {
    const closed = once(server, 'close')
    server.close()
    await closed
  }
  const { counters, failureMessages } = globalThis[Symbol.for('nonplus.state.v1')]
  process.send({ end: { right, failures, ownFailures: counters.failures, failureMessages } }, () =>
    process.disconnect(),
  )
})
process.on('disconnect', () => process.exit())
if (!server.listening) await once(server, 'listening')
process.send({ port: server.address().port })
