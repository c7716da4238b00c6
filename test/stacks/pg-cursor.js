import pg from 'pg'
import Cursor from 'pg-cursor'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'pg-cursor'

export function open({ url }, max) {
  return new pg.Pool({ connectionString: url, max })
}

export async function close(pool) {
  await pool.end()
}

export const shapes = { loop, readAhead, callback }

async function loop(pool, request) {
  const client = await pool.connect()
  try {
    const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent loop
    for (const author of rows) {
      const cursor = client.query(new Cursor(BOOKS_SQL, [author.id])) // @loop loop
      while ((await cursor.read(1)).length > 0);
      await cursor.close()
    }
  } finally {
    client.release()
  }
}

// The parent is the cursor, read in batches; the children go through the same connection once it is closed.
async function readAhead(pool, request) {
  const client = await pool.connect()
  try {
    const cursor = client.query(new Cursor(AUTHORS_SQL, authorRange(request))) // @parent readAhead
    const authors = []
    for (let batch = await cursor.read(4); batch.length > 0; batch = await cursor.read(4)) {
      authors.push(...batch)
    }
    await cursor.close()
    for (const author of authors) {
      await client.query(BOOKS_SQL, [author.id]) // @loop readAhead
    }
  } finally {
    client.release()
  }
}

async function callback(pool, request) {
  const client = await pool.connect()
  try {
    const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent callback
    for (const author of rows) {
      const cursor = client.query(new Cursor(BOOKS_SQL, [author.id])) // @loop callback
      await new Promise((resolve, reject) => {
        cursor.read(10, (error, books) => (error ? reject(error) : resolve(books)))
      })
      await new Promise((resolve) => cursor.close(resolve))
    }
  } finally {
    client.release()
  }
}
