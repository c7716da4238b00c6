import express from 'express'
import { listComments, listFeed } from './comments.js'
import { showDashboard } from './dashboard.js'
import { pool } from './db.js'
import { createPost, listPosts, listPostsInTwoQueries } from './posts.js'

const app = express()
app.use(express.json())

app.get('/posts', async (_request, response) => response.json(await listPosts()))
app.get('/fixed/posts', async (_request, response) => response.json(await listPostsInTwoQueries()))
app.post('/posts', async (request, response) => response.status(201).json(await createPost(request.body)))
app.get('/posts/:id/comments', async (request, response) => response.json(await listComments(request.params.id)))
app.get('/users/:id/feed', async (request, response) => response.json(await listFeed(request.params.id)))
app.get('/dashboard', async (_request, response) => response.json(await showDashboard()))

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => server.close(() => pool.end()))
}
