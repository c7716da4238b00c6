import { pool } from './db.js'

async function findComments(postId) {
  const { rows } = await pool.query('select id, author_id, body from comments where post_id = $1 order by id', [postId])
  return rows
}

async function findAuthorName(comment) {
  const { rows } = await pool.query('select name from users where id = $1', [comment.author_id])
  return rows[0].name
}

async function findReactions(commentId) {
  const { rows } = await pool.query('select emoji, user_id from reactions where comment_id = $1', [commentId])
  return rows
}

/** All at once is still one query per comment. */
export async function listComments(postId) {
  const comments = await findComments(postId)
  return Promise.all(comments.map(async (comment) => ({ author: await findAuthorName(comment), body: comment.body })))
}

/** A loop in a loop: the posts of a user, the comments of each, the reactions to each of those. */
export async function listFeed(userId) {
  const { rows: posts } = await pool.query('select id, title from posts where author_id = $1 order by id', [userId])
  const feed = []
  for (const post of posts) {
    const comments = []
    for (const comment of await findComments(post.id)) {
      const reactions = await findReactions(comment.id)
      comments.push({ body: comment.body, reactions: reactions.map(({ emoji }) => emoji) })
    }
    feed.push({ title: post.title, comments })
  }
  return feed
}
