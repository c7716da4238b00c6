// Five posts, and the author of each: six queries, of which five are one N+1.
export async function listPosts(pool) {
  const { rows } = await pool.query('select id, author_id from posts order by id limit 5')
  const posts = []
  for (const { id, author_id } of rows) {
    const author = await pool.query('select name from authors where id = $1', [author_id]) // the loop
    posts.push({ id, author: author.rows[0].name })
  }
  return posts
}
