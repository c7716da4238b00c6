import mysql from 'mysql2/promise'
import { POSITIONAL_AUTHORS_SQL as AUTHORS_SQL, authorRange, POSITIONAL_BOOKS_SQL as BOOKS_SQL } from './request.js'

export const title = 'mysql2 pool'

export function open({ url }, max) {
  return mysql.createPool({ uri: url, connectionLimit: max })
}

export async function close(pool) {
  await pool.end()
}

export const shapes = {
  loop,
  execute,
  all,
  executeAll,
  resolvers,
  callback,
  callbackChain,
  checkout,
  transaction,
  helper,
  raw,
  stream,
}

async function loop(pool, request) {
  const [rows] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    await pool.query(BOOKS_SQL, [author.id]) // @loop loop
  }
}

async function execute(pool, request) {
  const [rows] = await pool.execute(AUTHORS_SQL, authorRange(request)) // @parent execute
  for (const author of rows) {
    await pool.execute(BOOKS_SQL, [author.id]) // @loop execute
  }
}

async function all(pool, request) {
  const [rows] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent all
  await Promise.all(rows.map((author) => pool.query(BOOKS_SQL, [author.id]))) // @loop all
}

async function executeAll(pool, request) {
  const [rows] = await pool.execute(AUTHORS_SQL, authorRange(request)) // @parent executeAll
  await Promise.all(rows.map((author) => pool.execute(BOOKS_SQL, [author.id]))) // @loop executeAll
}

async function resolvers(pool, request) {
  const [authors] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await pool.query(BOOKS_SQL, [author.id]) // @helper resolvers
    }),
  )
}

// The pool of callbacks that the one of promises is built on.
async function callback({ pool }, request) {
  const rows = await new Promise((resolve, reject) => {
    // @parent callback on the next line
    pool.query(AUTHORS_SQL, authorRange(request), (error, found) => (error ? reject(error) : resolve(found)))
  })
  for (const author of rows) {
    await new Promise((resolve, reject) => {
      pool.execute(BOOKS_SQL, [author.id], (error, found) => (error ? reject(error) : resolve(found))) // @loop callback
    })
  }
}

// No promise anywhere: the next query leaves from the callback of the one before.
function callbackChain({ pool }, request) {
  return new Promise((resolve, reject) => {
    // @parent callbackChain on the next line
    pool.query(AUTHORS_SQL, authorRange(request), (error, rows) => {
      if (error) return reject(error)
      const next = (index) => {
        if (index === rows.length) return resolve()
        // @loop callbackChain on the next line
        pool.query(BOOKS_SQL, [rows[index].id], (failure) => (failure ? reject(failure) : next(index + 1)))
      }
      next(0)
    })
  })
}

async function checkout(pool, request) {
  const [rows] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent checkout
  for (const author of rows) {
    const connection = await pool.getConnection()
    try {
      await connection.query(BOOKS_SQL, [author.id]) // @loop checkout
    } finally {
      connection.release()
    }
  }
}

async function transaction(pool, request) {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const [rows] = await connection.execute(AUTHORS_SQL, authorRange(request)) // @parent transaction
    for (const author of rows) {
      await connection.execute(BOOKS_SQL, [author.id]) // @loop transaction
    }
    await connection.commit()
  } finally {
    connection.release()
  }
}

async function helper(pool, request) {
  const [rows] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent helper
  for (const author of rows) {
    await booksOf(pool, author.id) // @loop helper
  }
}

async function booksOf(pool, id) {
  const [rows] = await pool.query(BOOKS_SQL, [id]) // @helper helper
  return rows
}

async function raw(pool, request) {
  const [low, high] = authorRange(request)
  const [rows] = await pool.query(`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rows) {
    await pool.query(`select title from books where author_id = ${author.id}`) // @loop raw
  }
}

async function stream(pool, request) {
  const [rows] = await pool.query(AUTHORS_SQL, authorRange(request)) // @parent stream
  for (const author of rows) {
    const books = pool.pool.query(BOOKS_SQL, [author.id]).stream() // @loop stream
    for await (const book of books) check(book)
  }
}

function check(book) {
  if (typeof book.title !== 'string') throw new Error('the stream gave no book')
}
