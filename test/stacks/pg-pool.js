import pg from 'pg'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'pg Pool'

export function open({ url }, max) {
  return new pg.Pool({ connectionString: url, max })
}

export async function close(pool) {
  await pool.end()
}

export const shapes = {
  loop,
  all,
  resolvers,
  callback,
  callbackChain,
  checkout,
  checkoutCallback,
  transaction,
  helper,
  raw,
}

async function loop(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    await pool.query(BOOKS_SQL, [author.id]) // @loop loop
  }
}

async function all(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent all
  await Promise.all(rows.map((author) => pool.query(BOOKS_SQL, [author.id]))) // @loop all
}

async function resolvers(pool, request) {
  const { rows: authors } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await pool.query(BOOKS_SQL, [author.id]) // @helper resolvers
    }),
  )
}

async function callback(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent callback
  for (const author of rows) {
    await new Promise((resolve, reject) => {
      pool.query(BOOKS_SQL, [author.id], (error, result) => (error ? reject(error) : resolve(result))) // @loop callback
    })
  }
}

// No promise anywhere: the next query leaves from the callback of the one before.
function callbackChain(pool, request) {
  return new Promise((resolve, reject) => {
    // @parent callbackChain on the next line
    pool.query(AUTHORS_SQL, authorRange(request), (error, { rows } = {}) => {
      if (error) return reject(error)
      const next = (index) => {
        if (index === rows.length) return resolve()
        // @loop callbackChain on the next line
        pool.query(BOOKS_SQL, [rows[index].id], (error) => (error ? reject(error) : next(index + 1)))
      }
      next(0)
    })
  })
}

async function checkout(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent checkout
  for (const author of rows) {
    const client = await pool.connect()
    try {
      await client.query(BOOKS_SQL, [author.id]) // @loop checkout
    } finally {
      client.release()
    }
  }
}

async function checkoutCallback(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent checkoutCallback
  for (const author of rows) {
    await new Promise((resolve, reject) => {
      pool.connect((error, client, release) => {
        if (error) return reject(error)
        // @loop checkoutCallback on the next line
        client.query(BOOKS_SQL, [author.id], (error, result) => {
          release()
          error ? reject(error) : resolve(result)
        })
      })
    })
  }
}

async function transaction(pool, request) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent transaction
    for (const author of rows) {
      await client.query(BOOKS_SQL, [author.id]) // @loop transaction
    }
    await client.query('commit')
  } finally {
    client.release()
  }
}

async function helper(pool, request) {
  const { rows } = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent helper
  for (const author of rows) {
    await booksOf(pool, author.id) // @loop helper
  }
}

async function booksOf(pool, id) {
  const { rows } = await pool.query(BOOKS_SQL, [id]) // @helper helper
  return rows
}

async function raw(pool, request) {
  const [low, high] = authorRange(request)
  const { rows } = await pool.query(`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rows) {
    await pool.query(`select title from books where author_id = ${author.id}`) // @loop raw
  }
}
