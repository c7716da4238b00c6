import { inTransaction, pool } from './db.js'
import { findUser, findUsers } from './users.js'

async function findLatestPosts() {
  const { rows } = await pool.query(
    'select id, author_id, title, published_at from posts order by published_at desc limit 50',
  )
  return rows
}

/** Reads right and is slow: one query for the posts, then one more for the author of each. */
export async function listPosts() {
  const posts = await findLatestPosts()
  const page = []
  for (const post of posts) {
    const author = await findUser(post.author_id)
    page.push({ title: post.title, author: author.name })
  }
  return page
}

/** The same page with two queries, however many posts there are. */
export async function listPostsInTwoQueries() {
  const posts = await findLatestPosts()
  const authors = await findUsers(posts.map((post) => post.author_id))
  return posts.map((post) => ({ title: post.title, author: authors.get(post.author_id).name }))
}

export async function createPost({ authorId, title, body }) {
  return inTransaction(async (client) => {
    const { rows } = await client.query(
      'insert into posts (author_id, title, body) values ($1, $2, $3) returning id, title, published_at',
      [authorId, title, body],
    )
    await client.query('update users set post_count = post_count + 1 where id = $1', [authorId])
    return rows[0]
  })
}
