import { findAuthor, findPosts } from '../../../lib/posts.js'

export default async function Page({ params }) {
  const { slug } = await params
  const posts = await findPosts(Number.parseInt(slug, 10))
  return (
    <ul>
      {posts.map((post) => (
        <li key={post.id}>
          {post.title} by <Author id={post.author_id} />
        </li>
      ))}
    </ul>
  )
}

async function Author({ id }) {
  const author = await findAuthor(id)
  return <b>{author.name}</b>
}
