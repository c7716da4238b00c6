import pg from 'pg'
import QueryStream from 'pg-query-stream'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'pg-query-stream'

export function open({ url }, max) {
  return { streams: new pg.Pool({ connectionString: url, max }), pool: new pg.Pool({ connectionString: url, max }) }
}

export async function close({ streams, pool }) {
  await Promise.all([streams.end(), pool.end()])
}

export const shapes = { loop, parent, events }

async function loop({ streams, pool }, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    const client = await streams.connect()
    const stream = client.query(new QueryStream(BOOKS_SQL, [author.id])) // @loop loop
    for await (const book of stream) check(book)
    client.release()
  }
}

// The children run while the parent is still being read, on connections of another pool.
async function parent({ streams, pool }, request) {
  const client = await streams.connect()
  const stream = client.query(new QueryStream(AUTHORS_SQL, authorRange(request), { batchSize: 2 })) // @parent parent
  for await (const author of stream) {
    await pool.query(BOOKS_SQL, [author.id]) // @loop parent
  }
  client.release()
}

async function events({ streams, pool }, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent events
  for (const author of rows) {
    const client = await streams.connect()
    await new Promise((resolve, reject) => {
      const stream = client.query(new QueryStream(BOOKS_SQL, [author.id])) // @loop events
      stream.on('data', check).on('end', resolve).on('error', reject)
    })
    client.release()
  }
}

function check(book) {
  if (typeof book.title !== 'string') throw new Error('the stream gave no book')
}
