// Work of a job or a message: one statement per author. `count` tells the units of work apart.
const { Pool } = require('pg')
const { setTimeout: sleep } = require('node:timers/promises')

// of two, and warm: connections are waited for, and handed from one unit of work to another
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

exports.pool = pool
exports.warmUp = () => Promise.all([pool.query('select 1'), pool.query('select 1')])

/** @returns after 1 + `count` statements, with pauses in which others run. */
exports.listPosts = async (count) => {
  await pool.query('select id, author_id from posts order by id limit $1', [count])
  for (let id = 0; id < count; id++) {
    await sleep(1)
    await pool.query('select name from authors where id = $1', [101 + id]) // the loop
  }
  return count
}
