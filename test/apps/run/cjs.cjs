const { createServer } = require('node:http')
const { Pool } = require('pg')

const pool = new Pool({ connectionString: process.env.DATABASE_URL })

const server = createServer(async (_request, response) => {
  const { rows } = await pool.query('select id, author_id from posts order by id limit 5')
  for (const { author_id } of rows) {
    await pool.query('select name from authors where id = $1', [author_id]) // the loop
  }
  response.end()
})
server.listen(0, async () => {
  await fetch(`http://127.0.0.1:${server.address().port}/posts`, { headers: { connection: 'close' } })
  server.close()
  await pool.end()
  console.log('done')
})
