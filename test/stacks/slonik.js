import { createPool, sql } from 'slonik'
import { authorRange } from './request.js'

export const title = 'Slonik'

export async function open({ url }, max) {
  return await createPool(url, { maximumPoolSize: max })
}

export async function close(pool) {
  await pool.end()
}

export const shapes = {
  loop,
  first,
  all,
  resolvers,
  checkout,
  transaction,
  helper,
  returned,
  stream,
  eager,
}

export const expectations = { eager: { children: 1, findings: 0 } }

function authorsOf(request) {
  const [low, high] = authorRange(request)
  return sql.unsafe`select id, name from authors where id between ${low} and ${high} order by id`
}

function booksOf(id) {
  return sql.unsafe`select id, author_id, title from books where author_id = ${id}`
}

async function loop(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent loop
  for (const author of authors) {
    await pool.any(booksOf(author.id)) // @loop loop
  }
}

async function first(pool, request) {
  const { rows } = await pool.query(authorsOf(request)) // @parent first
  for (const author of rows) {
    await pool.maybeOne(sql.unsafe`select count(*) from books where author_id = ${author.id}`) // @loop first
  }
}

async function all(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent all
  await Promise.all(authors.map((author) => pool.many(booksOf(author.id)))) // @loop all
}

async function resolvers(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      const books = await pool.any(booksOf(author.id)) // @helper resolvers
      return books.length
    }),
  )
}

async function checkout(pool, request) {
  await pool.connect(async (connection) => {
    const authors = await connection.any(authorsOf(request)) // @parent checkout
    for (const author of authors) {
      await connection.any(booksOf(author.id)) // @loop checkout
    }
  })
}

async function transaction(pool, request) {
  await pool.transaction(async (connection) => {
    const authors = await connection.any(authorsOf(request)) // @parent transaction
    for (const author of authors) {
      await connection.any(booksOf(author.id)) // @loop transaction
    }
  })
}

async function helper(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent helper
  for (const author of authors) {
    await findBooks(pool, author.id) // @loop helper
  }
}

async function findBooks(pool, id) {
  const books = await pool.any(booksOf(id)) // @helper helper
  return books
}

async function returned(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent returned
  for (const author of authors) {
    await queryFor(pool, author.id) // @loop returned
  }
}

async function queryFor(pool, id) {
  return pool.any(booksOf(id)) // @helper returned
}

async function stream(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent stream
  for (const author of authors) {
    // @loop stream on the next line
    await pool.stream(booksOf(author.id), (books) => {
      books.on('data', ({ data }) => {
        if (typeof data.title !== 'string') throw new Error('the stream gave no book')
      })
    })
  }
}

async function eager(pool, request) {
  const authors = await pool.any(authorsOf(request)) // @parent eager
  const ids = sql.array(
    authors.map((author) => author.id),
    'int4',
  )
  await pool.any(sql.unsafe`select id, title from books where author_id = any(${ids})`) // @loop eager
}
