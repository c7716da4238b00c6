// Serves one request, and then ends as it is told.
import pg from 'pg'
import { listPosts } from './posts.mjs'
import { serve, visit } from './serve.mjs'

const endings = {
  drain: () => {},
  'exit 0': () => setImmediate(process.exit, 0),
  'exit 3': () => setImmediate(process.exit, 3),
  'exitCode 4': () => {
    process.exitCode = 4
  },
  throw: () => {
    setImmediate(() => {
      throw new Error('uncaught on purpose')
    })
  },
  reject: () => void setImmediate(() => Promise.reject(new Error('unhandled on purpose'))),
  SIGKILL: () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50),
  SIGTERM: () => setImmediate(() => process.kill(process.pid, 'SIGTERM')),
  wait: () => void setInterval(() => {}, 1000),
  'stop gracefully': () => {
    const timer = setInterval(() => {}, 1000)
    let signals = 0
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.on(signal, () => {
        if (++signals > 1) return console.log('signalled again')
        console.log(`${signal}: stopping`)
        setTimeout(() => {
          console.log('stopped')
          clearInterval(timer)
        }, 300)
      })
    }
  },
  'clean up and die': () => {
    setInterval(() => {}, 1000)
    process.once('SIGINT', () => {
      console.log('cleaned up')
      process.kill(process.pid, 'SIGINT')
    })
  },
  'handle and stay': () => {
    const timer = setInterval(() => {}, 1000)
    const stay = () => console.log('stayed')
    process.on('SIGTERM', stay)
    process.on('SIGINT', () => clearInterval(timer))
  },
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const { origin, server } = await serve(() => listPosts(pool))
await visit(origin, '/posts')
server.close()
await pool.end()
const ending = process.argv[2] ?? 'drain'
endings[ending]()
console.log(`ready to ${ending}`)
