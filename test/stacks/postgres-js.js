import postgres from 'postgres'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'postgres.js'

export function open({ url }, max) {
  return postgres(url, { max })
}

export async function close(sql) {
  await sql.end()
}

export const shapes = {
  loop,
  all,
  resolvers,
  transaction,
  reserve,
  helper,
  returned,
  built,
  unsafe,
  raw,
  cursor,
  forEach,
  inList,
}

export const expectations = { inList: { children: 1, findings: 0 } }

function authorsOf(sql, [low, high]) {
  return sql`select id, name from authors where id between ${low} and ${high}`
}

async function loop(sql, request) {
  const [low, high] = authorRange(request)
  const authors = await sql`select id, name from authors where id between ${low} and ${high}` // @parent loop
  for (const author of authors) {
    await sql`select * from books where author_id = ${author.id}` // @loop loop
  }
}

async function all(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent all
  await Promise.all(authors.map((author) => sql`select * from books where author_id = ${author.id}`)) // @loop all
}

async function resolvers(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await sql`select * from books where author_id = ${author.id}` // @helper resolvers
    }),
  )
}

async function transaction(sql, request) {
  await sql.begin(async (tx) => {
    const authors = await authorsOf(tx, authorRange(request)) // @parent transaction
    for (const author of authors) {
      await tx`select * from books where author_id = ${author.id}` // @loop transaction
    }
  })
}

async function reserve(sql, request) {
  const reserved = await sql.reserve()
  try {
    const authors = await authorsOf(reserved, authorRange(request)) // @parent reserve
    for (const author of authors) {
      await reserved`select * from books where author_id = ${author.id}` // @loop reserve
    }
  } finally {
    reserved.release()
  }
}

async function helper(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent helper
  for (const author of authors) {
    await booksOf(sql, author.id) // @loop helper
  }
}

async function booksOf(sql, id) {
  const books = await sql`select * from books where author_id = ${id}` // @helper helper
  return books
}

async function returned(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent returned
  for (const author of authors) {
    await queryOf(sql, author.id) // @loop returned
  }
}

// An async function that returns the query: it is sent once the function has left the stack.
async function queryOf(sql, id) {
  return sql`select * from books where author_id = ${id}` // @helper returned
}

// Built in one place, sent in another.
async function built(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent built
  const queries = authors.map((author) => sql`select * from books where author_id = ${author.id}`)
  for (const query of queries) {
    await query // @loop built
  }
}

async function unsafe(sql, request) {
  const authors = await sql.unsafe(AUTHORS_SQL, authorRange(request)) // @parent unsafe
  for (const author of authors) {
    await sql.unsafe(BOOKS_SQL, [author.id]) // @loop unsafe
  }
}

async function raw(sql, request) {
  const [low, high] = authorRange(request)
  const authors = await sql.unsafe(`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of authors) {
    await sql.unsafe(`select title from books where author_id = ${author.id}`) // @loop raw
  }
}

async function cursor(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent cursor
  for (const author of authors) {
    for await (const books of sql`select * from books where author_id = ${author.id}`.cursor(1)) check(books) // @loop cursor
  }
}

async function forEach(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent forEach
  for (const author of authors) {
    await sql`select * from books where author_id = ${author.id}`.forEach(checkBook) // @loop forEach
  }
}

async function inList(sql, request) {
  const authors = await authorsOf(sql, authorRange(request)) // @parent inList
  const ids = authors.map(({ id }) => id)
  await sql`select * from books where author_id in ${sql(ids.length === 0 ? [0] : ids)}` // @loop inList
}

function check(books) {
  for (const book of books) checkBook(book)
}

function checkBook(book) {
  if (typeof book.title !== 'string') throw new Error('the cursor gave no book')
}
