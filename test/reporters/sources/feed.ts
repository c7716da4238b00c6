import type { Database, Row } from './database.ts'

/** Posts with their comments, all asked for at once. */
export async function loadFeed(db: Database): Promise<(readonly Row[])[]> {
  const { rows: posts } = await db.query('select id, title from posts where published')
  return Promise.all(
    posts.map(async (post) => {
      const { rows } = await db.query('select * from comments where post_id = $1', [post.id])
      return rows
    }),
  )
}
