// Asks, and then counts how often it hears that nothing is left to do.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, Worker } from 'node:worker_threads'
import pg from 'pg'

// at once: in a thread `console.log` is work to be done
const say = (text) => writeSync(1, `${text}\n`)
const [, , ending = 'once'] = process.argv
if (ending === 'signal-exit') createRequire(import.meta.url)('signal-exit').onExit(() => {})

let pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
const ask = async (column) => {
  await pool.query(`select ${column} from orders where customer_id = $1`, [7])
}

const endings = {
  once: () => {},
  'signal-exit': () => {},
  nothing: () => {},
  /** New work, which Node tells the end of once more. */
  async again(count) {
    if (count > 2) return
    pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 })
    await ask(count === 1 ? 'note' : 'customer_id, id')
    await pool.end()
  },
  exit: () => process.exit(5),
  throw: () => {
    throw new Error('in a listener')
  },
}

if (ending === 'thread' && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: ['once'] })
  worker.on('exit', (code) => say(`thread ${code}`))
} else {
  let count = 0
  process.on('beforeExit', (code) => {
    say(`beforeExit ${++count} ${code}`)
    return (endings[ending] ?? endings.once)(count)
  })
  process.once('beforeExit', () => say('once'))
  process.on('exit', (code) => say(`exit ${code}`))
  if (ending !== 'nothing') {
    await ask('id')
    await ask('id, note')
  }
  if (ending === 'by hand') {
    say(process.emit('beforeExit', 7))
    await sleep(1_200)
    await ask('note, id')
  }
  await pool.end()
}
