import pg from 'pg'

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 5 })

// An idle connection the server closes is replaced by the next query that needs one.
pool.on('error', (error) => console.error(`database: ${error.message}`))

/** Runs `work` with a connection on which everything is committed, or nothing. */
export async function inTransaction(work) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
