// Types above the code move its lines when they are erased.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

interface Post {
  readonly id: number
  readonly author_id: number
}

interface Author {
  readonly name: string
}

const pool: pg.Pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })

async function listPosts(): Promise<string[]> {
  const { rows } = await pool.query<Post>('select id, author_id from posts order by id limit 5')
  const names: string[] = []
  for (const post of rows) {
    const found = await pool.query<Author>('select name from authors where id = $1', [post.author_id]) // the loop
    names.push(...found.rows.map((author: Author): string => author.name))
  }
  return names
}

const server = createServer(async (_request, response): Promise<void> => {
  response.end(JSON.stringify(await listPosts()))
})
server.listen(0, async (): Promise<void> => {
  const { port } = server.address() as AddressInfo
  await fetch(`http://127.0.0.1:${port}/posts`, { headers: { connection: 'close' } })
  server.close()
  await pool.end()
  console.log('done')
})
