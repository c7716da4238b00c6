import type { Database, Row } from './database.ts'

/** The newest posts, without their authors. */
export async function listPosts(db: Database, limit: number): Promise<readonly Row[]> {
  const posts = await db.query('select id, title, author_id from posts order by id desc limit $1', [limit])
  return posts.rows
}

/** The front page. */
export async function renderPosts(db: Database): Promise<string> {
  const lines: string[] = []
  for (const post of await listPosts(db, 50)) {
    // One author at a time.
    const author = await db.query('select id, name from users where id = $1', [post.author_id])
    lines.push(`${post.title} by ${author.rows[0]?.title}`)
  }
  return lines.join('\n')
}
