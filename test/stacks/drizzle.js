import { between, eq, inArray, relations, sql } from 'drizzle-orm'
import * as mysqlCore from 'drizzle-orm/mysql-core'
import * as pgCore from 'drizzle-orm/pg-core'
import * as sqliteCore from 'drizzle-orm/sqlite-core'
import { openPglite } from './open-pglite.js'
import { authorRange } from './request.js'
import { rowsOf } from './rows-of.js'

export const title = 'Drizzle'

const postgresql = schemaOf(pgCore.pgTable, pgCore.integer, pgCore.text)
const mysql = schemaOf(mysqlCore.mysqlTable, mysqlCore.int, mysqlCore.text)
const sqlite = schemaOf(sqliteCore.sqliteTable, sqliteCore.integer, sqliteCore.text)

function schemaOf(table, integer, text) {
  const authors = table('authors', { id: integer().primaryKey(), name: text().notNull() })
  const books = table('books', { id: integer().primaryKey(), authorId: integer('author_id'), title: text() })
  const authorRelations = relations(authors, ({ many }) => ({ books: many(books) }))
  const bookRelations = relations(books, ({ one }) => ({
    author: one(authors, { fields: [books.authorId], references: [authors.id] }),
  }))
  return { authors, books, authorRelations, bookRelations }
}

const opens = {
  async pg(url, max) {
    const { drizzle } = await import('drizzle-orm/node-postgres')
    return withTables(drizzle({ connection: { connectionString: url, max }, schema: postgresql }), postgresql)
  },
  async postgres(url, max) {
    const { drizzle } = await import('drizzle-orm/postgres-js')
    return withTables(drizzle({ connection: { url, max }, schema: postgresql }), postgresql)
  },
  async '@electric-sql/pglite'() {
    const { drizzle } = await import('drizzle-orm/pglite')
    const db = drizzle({ client: await openPglite(), schema: postgresql })
    return { ...withTables(db, postgresql), isShared: true }
  },
  async mysql2(url, max) {
    const { drizzle } = await import('drizzle-orm/mysql2')
    const connection = { uri: url, connectionLimit: max }
    return withTables(drizzle({ connection, schema: mysql, mode: 'default' }), mysql)
  },
  async '@libsql/client'(url) {
    const { drizzle } = await import('drizzle-orm/libsql')
    return withTables(drizzle({ connection: { url }, schema: sqlite }), sqlite)
  },
}

export async function open({ driver, url }, max) {
  return await opens[driver](url, max)
}

function withTables(db, { authors, books }) {
  return { db, authors, books }
}

export async function close({ db, isShared }) {
  if (isShared) return
  await (db.$client.end ?? db.$client.close).call(db.$client)
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
  inList,
  eager,
}

/** The lateral join of `eager` is nothing MariaDB knows; a transaction of libSQL is the only writer. */
export const expectations = {
  inList: { children: 1, findings: 0 },
  eager: { children: 1, findings: 0, without: { mysql2: ['cold', 'warm', 'contended'] } },
  transaction: { without: { '@libsql/client': ['contended'] } },
}

function ofRequest(authors, request) {
  return between(authors.id, ...authorRange(request))
}

async function loop({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent loop
  for (const author of found) {
    await db.select().from(books).where(eq(books.authorId, author.id)) // @loop loop
  }
}

async function all({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent all
  await Promise.all(found.map((author) => db.select().from(books).where(eq(books.authorId, author.id)))) // @loop all
}

async function resolvers({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    found.map(async (author) => {
      author.books = await db.select().from(books).where(eq(books.authorId, author.id)) // @helper resolvers
    }),
  )
}

async function transaction({ db, authors, books }, request) {
  await db.transaction(async (tx) => {
    const found = await tx.select().from(authors).where(ofRequest(authors, request)) // @parent transaction
    for (const author of found) {
      await tx.select().from(books).where(eq(books.authorId, author.id)) // @loop transaction
    }
  })
}

async function helper({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent helper
  for (const author of found) {
    await booksOf({ db, books }, author.id) // @loop helper
  }
}

async function booksOf({ db, books }, id) {
  const found = await db.select().from(books).where(eq(books.authorId, id)) // @helper helper
  return found
}

async function returned({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent returned
  for (const author of found) {
    await queryOf({ db, books }, author.id) // @loop returned
  }
}

// An async function that returns the builder: it runs once the function has left the stack.
async function queryOf({ db, books }, id) {
  return db.select().from(books).where(eq(books.authorId, id)) // @helper returned
}

async function wrapped({ db, authors, books }, request) {
  const query = (id) => db.select().from(books).where(eq(books.authorId, id)) // @helper wrapped
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent wrapped
  for (const author of found) {
    await query(author.id) // @loop wrapped
  }
}

// Built in one place, run in another.
async function built({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent built
  const queries = found.map((author) => db.select().from(books).where(eq(books.authorId, author.id)))
  for (const query of queries) {
    await query // @loop built
  }
}

async function relational({ db, authors, books }, request) {
  const found = await db.query.authors.findMany({ where: ofRequest(authors, request) }) // @parent relational
  for (const author of found) {
    await db.query.books.findMany({ where: eq(books.authorId, author.id) }) // @loop relational
  }
}

async function prepared({ db, authors, books }, request) {
  const query = db
    .select()
    .from(books)
    .where(eq(books.authorId, sql.placeholder('id')))
    .prepare('books_of_author')
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent prepared
  for (const author of found) {
    await query.execute({ id: author.id }) // @loop prepared
  }
}

async function count({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent count
  for (const author of found) {
    await db.$count(books, eq(books.authorId, author.id)) // @loop count
  }
}

async function raw({ db }, request) {
  const [low, high] = authorRange(request)
  const execute = db.execute === undefined ? 'all' : 'execute'
  const result = await db[execute](sql`select id from authors where id between ${low} and ${high}`) // @parent raw
  for (const author of rowsOf(result)) {
    await db[execute](sql`select title from books where author_id = ${author.id}`) // @loop raw
  }
}

async function inList({ db, authors, books }, request) {
  const found = await db.select().from(authors).where(ofRequest(authors, request)) // @parent inList
  const ids = found.map((author) => author.id)
  await db.select().from(books).where(inArray(books.authorId, ids)) // @loop inList
}

async function eager({ db, authors }, request) {
  await db.query.authors.findMany({ where: ofRequest(authors, request), with: { books: true } }) // @loop eager
}
