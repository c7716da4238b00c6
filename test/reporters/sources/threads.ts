import type { Database } from './database.ts'

/** Who wrote what, below which post. */
export async function loadThreads(db: Database): Promise<string[]> {
  const names: string[] = []
  const posts = await db.query('select id from posts limit 10')
  for (const post of posts.rows) {
    const comments = await db.query('select * from comments where post_id = $1', [post.id])
    for (const comment of comments.rows) {
      const user = await db.query('select * from users where id = $1', [comment.author_id])
      names.push(...user.rows.map((row) => row.title))
    }
  }
  return names
}
