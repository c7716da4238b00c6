import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'Kysely'

export function open(url, max) {
  const dialect = () => new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max }), cursor: Cursor })
  return new Kysely({ dialect: dialect() })
}

export async function close(db) {
  await db.destroy()
}

export const shapes = { loop, takeFirst, all, resolvers, transaction, helper, returned, raw, stream, eager }

export const expectations = { eager: { children: 1, findings: 0 } }

function authorsOf(db, request) {
  const [low, high] = authorRange(request)
  return db.selectFrom('authors').selectAll().where('id', '>=', low).where('id', '<=', high)
}

function books(db, id) {
  return db.selectFrom('books').selectAll().where('author_id', '=', id)
}

async function loop(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent loop
  for (const author of authors) {
    await books(db, author.id).execute() // @loop loop
  }
}

async function takeFirst(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent takeFirst
  for (const author of authors) {
    await books(db, author.id).executeTakeFirstOrThrow() // @loop takeFirst
  }
}

async function all(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent all
  await Promise.all(authors.map((author) => books(db, author.id).execute())) // @loop all
}

async function resolvers(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await books(db, author.id).execute() // @helper resolvers
    }),
  )
}

async function transaction(db, request) {
  await db.transaction().execute(async (trx) => {
    const authors = await authorsOf(trx, request).execute() // @parent transaction
    for (const author of authors) {
      await books(trx, author.id).execute() // @loop transaction
    }
  })
}

async function helper(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent helper
  for (const author of authors) {
    await booksOf(db, author.id) // @loop helper
  }
}

async function booksOf(db, id) {
  const found = await books(db, id).execute() // @helper helper
  return found
}

async function returned(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent returned
  for (const author of authors) {
    await executeFor(db, author.id) // @loop returned
  }
}

async function executeFor(db, id) {
  return books(db, id).execute() // @helper returned
}

async function raw(db, request) {
  const { rows } = await db.executeQuery(CompiledQuery.raw(AUTHORS_SQL, authorRange(request))) // @parent raw
  for (const author of rows) {
    await db.executeQuery(CompiledQuery.raw(BOOKS_SQL, [author.id])) // @loop raw
  }
}

async function stream(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent stream
  for (const author of authors) {
    const rows = books(db, author.id).stream(1)
    // @loop stream on the next line
    for await (const book of rows) {
      if (typeof book.title !== 'string') throw new Error('the stream gave no book')
    }
  }
}

async function eager(db, request) {
  const ofAuthor = ({ selectFrom }) =>
    jsonArrayFrom(selectFrom('books').select('title').whereRef('books.author_id', '=', 'authors.id')).as('books')
  await authorsOf(db, request).select(ofAuthor).execute() // @loop eager
}
