import { findAuthor, findPosts } from '../../../../lib/posts.js'

export async function GET(_request, { params }) {
  const { limit } = await params
  const posts = await findPosts(Number(limit))
  const list = []
  for (const post of posts) {
    const author = await findAuthor(post.author_id)
    list.push({ title: post.title, author: author.name })
  }
  return Response.json(list)
}
