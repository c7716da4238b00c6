import { between, eq, relations, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { authorRange } from './request.js'

export const title = 'Drizzle'

const authors = pgTable('authors', { id: integer().primaryKey(), name: text().notNull() })
const books = pgTable('books', { id: integer().primaryKey(), authorId: integer('author_id'), title: text() })
const authorRelations = relations(authors, ({ many }) => ({ books: many(books) }))
const bookRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.authorId], references: [authors.id] }),
}))
const schema = { authors, books, authorRelations, bookRelations }

export function open(url, max) {
  return drizzle(new pg.Pool({ connectionString: url, max }), { schema })
}

export async function close(db) {
  await db.$client.end()
}

export const shapes = {
  loop,
  all,
  resolvers,
  transaction,
  helper,
  returned,
  wrapped,
  built,
  relational,
  prepared,
  count,
  raw,
  eager,
}

export const expectations = { eager: { children: 1, findings: 0 } }

function ofRequest(request) {
  return between(authors.id, ...authorRange(request))
}

async function loop(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent loop
  for (const author of found) {
    await db.select().from(books).where(eq(books.authorId, author.id)) // @loop loop
  }
}

async function all(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent all
  await Promise.all(found.map((author) => db.select().from(books).where(eq(books.authorId, author.id)))) // @loop all
}

async function resolvers(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    found.map(async (author) => {
      author.books = await db.select().from(books).where(eq(books.authorId, author.id)) // @helper resolvers
    }),
  )
}

async function transaction(db, request) {
  await db.transaction(async (tx) => {
    const found = await tx.select().from(authors).where(ofRequest(request)) // @parent transaction
    for (const author of found) {
      await tx.select().from(books).where(eq(books.authorId, author.id)) // @loop transaction
    }
  })
}

async function helper(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent helper
  for (const author of found) {
    await booksOf(db, author.id) // @loop helper
  }
}

async function booksOf(db, id) {
  const found = await db.select().from(books).where(eq(books.authorId, id)) // @helper helper
  return found
}

async function returned(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent returned
  for (const author of found) {
    await queryOf(db, author.id) // @loop returned
  }
}

// An async function that returns the builder: it runs once the function has left the stack.
async function queryOf(db, id) {
  return db.select().from(books).where(eq(books.authorId, id)) // @helper returned
}

async function wrapped(db, request) {
  const query = (id) => db.select().from(books).where(eq(books.authorId, id)) // @helper wrapped
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent wrapped
  for (const author of found) {
    await query(author.id) // @loop wrapped
  }
}

// Built in one place, run in another.
async function built(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent built
  const queries = found.map((author) => db.select().from(books).where(eq(books.authorId, author.id)))
  for (const query of queries) {
    await query // @loop built
  }
}

async function relational(db, request) {
  const found = await db.query.authors.findMany({ where: ofRequest(request) }) // @parent relational
  for (const author of found) {
    await db.query.books.findMany({ where: eq(books.authorId, author.id) }) // @loop relational
  }
}

async function prepared(db, request) {
  const query = db
    .select()
    .from(books)
    .where(eq(books.authorId, sql.placeholder('id')))
    .prepare('books_of_author')
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent prepared
  for (const author of found) {
    await query.execute({ id: author.id }) // @loop prepared
  }
}

async function count(db, request) {
  const found = await db.select().from(authors).where(ofRequest(request)) // @parent count
  for (const author of found) {
    await db.$count(books, eq(books.authorId, author.id)) // @loop count
  }
}

async function raw(db, request) {
  const [low, high] = authorRange(request)
  const { rows } = await db.execute(sql`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rows) {
    await db.execute(sql`select title from books where author_id = ${author.id}`) // @loop raw
  }
}

async function eager(db, request) {
  await db.query.authors.findMany({ where: ofRequest(request), with: { books: true } }) // @loop eager
}
