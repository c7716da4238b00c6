import mariadb from 'mariadb'
import { POSITIONAL_AUTHORS_SQL as AUTHORS_SQL, authorRange, POSITIONAL_BOOKS_SQL as BOOKS_SQL } from './request.js'

export const title = 'mariadb pool'

export function open({ url }, max) {
  return mariadb.createPool(`${url.replace(/^mysql:/, 'mariadb:')}?connectionLimit=${max}`)
}

export async function close(pool) {
  await pool.end()
}

export const shapes = { loop, execute, all, executeAll, resolvers, checkout, transaction, helper, raw, stream, events }

async function loop(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    await pool.query(BOOKS_SQL, [author.id]) // @loop loop
  }
}

async function execute(pool, request) {
  const rows = await pool.execute(AUTHORS_SQL, authorRange(request)) // @parent execute
  for (const author of rows) {
    await pool.execute(BOOKS_SQL, [author.id]) // @loop execute
  }
}

async function all(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent all
  await Promise.all(rows.map((author) => pool.query(BOOKS_SQL, [author.id]))) // @loop all
}

async function executeAll(pool, request) {
  const rows = await pool.execute(AUTHORS_SQL, authorRange(request)) // @parent executeAll
  await Promise.all(rows.map((author) => pool.execute(BOOKS_SQL, [author.id]))) // @loop executeAll
}

async function resolvers(pool, request) {
  const authors = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await pool.query(BOOKS_SQL, [author.id]) // @helper resolvers
    }),
  )
}

async function checkout(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent checkout
  for (const author of rows) {
    const connection = await pool.getConnection()
    try {
      await connection.query(BOOKS_SQL, [author.id]) // @loop checkout
    } finally {
      await connection.release()
    }
  }
}

async function transaction(pool, request) {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const rows = await connection.query(AUTHORS_SQL, authorRange(request)) // @parent transaction
    for (const author of rows) {
      await connection.query(BOOKS_SQL, [author.id]) // @loop transaction
    }
    await connection.commit()
  } finally {
    await connection.release()
  }
}

async function helper(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent helper
  for (const author of rows) {
    await booksOf(pool, author.id) // @loop helper
  }
}

async function booksOf(pool, id) {
  const rows = await pool.query(BOOKS_SQL, [id]) // @helper helper
  return rows
}

async function raw(pool, request) {
  const [low, high] = authorRange(request)
  const rows = await pool.query(`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rows) {
    await pool.query(`select title from books where author_id = ${author.id}`) // @loop raw
  }
}

async function stream(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent stream
  for (const author of rows) {
    const connection = await pool.getConnection()
    const books = connection.queryStream(BOOKS_SQL, [author.id]) // @loop stream
    for await (const book of books) check(book)
    await connection.release()
  }
}

async function events(pool, request) {
  const rows = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent events
  for (const author of rows) {
    const connection = await pool.getConnection()
    await new Promise((resolve, reject) => {
      const books = connection.queryStream(BOOKS_SQL, [author.id]) // @loop events
      books.on('data', check).on('end', resolve).on('error', reject)
    })
    await connection.release()
  }
}

function check(book) {
  if (typeof book.title !== 'string') throw new Error('the stream gave no book')
}
