import pg from 'pg'

// two connections: requests wait for those of others
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 })

export async function findPosts(limit) {
  const { rows } = await pool.query('select id, title, author_id from posts order by id limit $1', [limit])
  return rows
}

export async function findAuthor(id) {
  const { rows } = await pool.query('select id, name from users where id = $1', [id])
  return rows[0]
}
