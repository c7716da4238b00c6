import { once } from 'node:events'
import { pathToFileURL } from 'node:url'

/** Runs one server as a plain program, preloaded with the profiler. A server exports `start()`. */
const { start } = await import(pathToFileURL(process.argv[2]))
const server = await start()
if (!server.listening) await once(server, 'listening')
process.send({ port: server.address().port })
process.on('disconnect', () => process.exit())
