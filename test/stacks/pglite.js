import { openPglite } from './open-pglite.js'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'PGlite'

export async function open() {
  return await openPglite()
}

/** It ends with the process. */
export function close() {}

export const shapes = { loop, all, resolvers, transaction, helper, returned, template, raw }

async function loop(db, request) {
  const { rows } = await db.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    await db.query(BOOKS_SQL, [author.id]) // @loop loop
  }
}

async function all(db, request) {
  const { rows } = await db.query(AUTHORS_SQL, authorRange(request)) // @parent all
  await Promise.all(rows.map((author) => db.query(BOOKS_SQL, [author.id]))) // @loop all
}

async function resolvers(db, request) {
  const { rows: authors } = await db.query(AUTHORS_SQL, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await db.query(BOOKS_SQL, [author.id]) // @helper resolvers
    }),
  )
}

async function transaction(db, request) {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query(AUTHORS_SQL, authorRange(request)) // @parent transaction
    for (const author of rows) {
      await tx.query(BOOKS_SQL, [author.id]) // @loop transaction
    }
  })
}

async function helper(db, request) {
  const { rows } = await db.query(AUTHORS_SQL, authorRange(request)) // @parent helper
  for (const author of rows) {
    await booksOf(db, author.id) // @loop helper
  }
}

async function booksOf(db, id) {
  const { rows } = await db.query(BOOKS_SQL, [id]) // @helper helper
  return rows
}

async function returned(db, request) {
  const { rows } = await db.query(AUTHORS_SQL, authorRange(request)) // @parent returned
  for (const author of rows) {
    await queryOf(db, author.id) // @loop returned
  }
}

async function queryOf(db, id) {
  return db.query(BOOKS_SQL, [id]) // @helper returned
}

async function template(db, request) {
  const [low, high] = authorRange(request)
  const { rows } = await db.sql`select id from authors where id between ${low} and ${high}` // @parent template
  for (const author of rows) {
    await db.sql`select title from books where author_id = ${author.id}` // @loop template
  }
}

async function raw(db, request) {
  const [low, high] = authorRange(request)
  const [{ rows }] = await db.exec(`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rows) {
    await db.exec(`select title from books where author_id = ${author.id}`) // @loop raw
  }
}
