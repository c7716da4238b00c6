import { fileURLToPath } from 'node:url'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, sql } from 'kysely'
import * as mysqlHelpers from 'kysely/helpers/mysql'
import * as postgresHelpers from 'kysely/helpers/postgres'
import * as sqliteHelpers from 'kysely/helpers/sqlite'
import mysql from 'mysql2'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { loadDriver } from './load-driver.js'
import { authorRange } from './request.js'

export const title = 'Kysely'

let jsonArrayFrom

export function open({ driver, url }, max) {
  if (driver === 'pg') {
    jsonArrayFrom = postgresHelpers.jsonArrayFrom
    const pool = new pg.Pool({ connectionString: url, max })
    return new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) })
  }
  if (driver === 'mysql2') {
    jsonArrayFrom = mysqlHelpers.jsonArrayFrom
    const pool = mysql.createPool({ uri: url, connectionLimit: max })
    return new Kysely({ dialect: new MysqlDialect({ pool }) })
  }
  jsonArrayFrom = sqliteHelpers.jsonArrayFrom
  const Database = loadDriver(driver)
  return new Kysely({ dialect: new SqliteDialect({ database: new Database(fileURLToPath(url)) }) })
}

export async function close(db) {
  await db.destroy()
}

export const shapes = { loop, takeFirst, all, resolvers, transaction, helper, returned, raw, stream, inList, eager }

/** The subquery of `eager` casts to json, which MariaDB has not. */
export const expectations = {
  inList: { children: 1, findings: 0 },
  eager: { children: 1, findings: 0, without: { mysql2: ['cold', 'warm', 'contended'] } },
}

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
  const [low, high] = authorRange(request)
  const { rows } = await sql`select id from authors where id between ${low} and ${high}`.execute(db) // @parent raw
  for (const author of rows) {
    await sql`select title from books where author_id = ${author.id}`.execute(db) // @loop raw
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

async function inList(db, request) {
  const authors = await authorsOf(db, request).execute() // @parent inList
  const ids = authors.map((author) => author.id)
  if (ids.length === 0) return
  await db.selectFrom('books').selectAll().where('author_id', 'in', ids).execute() // @loop inList
}

async function eager(db, request) {
  const ofAuthor = ({ selectFrom }) =>
    jsonArrayFrom(selectFrom('books').select(['title']).whereRef('books.author_id', '=', 'authors.id')).as('books')
  await authorsOf(db, request).select(ofAuthor).execute() // @loop eager
}
