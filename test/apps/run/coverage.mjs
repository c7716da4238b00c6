// What a program may do that nonplus sees in part, or not at all.
import { setTimeout as sleep } from 'node:timers/promises'
import { serve, visit } from './serve.mjs'

const loadPool = async () => {
  const { default: pg } = await import('pg')
  return new pg.Pool({ connectionString: process.env.DATABASE_URL })
}

const cases = {
  'loads no driver': () => {},
  'serves, but loads no driver': async () => {
    const { origin, server } = await serve(() => 'hello')
    await visit(origin, '/')
    server.close()
  },
  'loads pg, but sends nothing': async () => {
    await import('pg')
  },
  'loads a driver without a hook': async () => {
    await import('mongodb')
  },
  'queries outside any scope': async () => {
    const pool = await loadPool()
    const { origin, server } = await serve(() => 'hello')
    await visit(origin, '/')
    server.close()
    await pool.query('select 1') // outside
    await pool.query('select 2')
    await pool.end()
  },
  'loses the call site': async () => {
    const pool = await loadPool()
    const { origin, server } = await serve(async () => {
      setTimeout(pool.query.bind(pool, 'select 1'), 0)
      await sleep(200)
    })
    await visit(origin, '/')
    server.close()
    await pool.end()
  },
  'queries after the answer': async () => {
    const pool = await loadPool()
    let late
    const { origin, server } = await serve(() => {
      late = sleep(200).then(() => pool.query('select 1'))
    })
    await visit(origin, '/')
    await late
    server.close()
    await pool.end()
  },
}

await cases[process.argv[2]]()
console.log('done')
