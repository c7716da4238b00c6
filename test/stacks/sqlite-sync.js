import { fileURLToPath } from 'node:url'
import { loadDriver } from './load-driver.js'
import { POSITIONAL_AUTHORS_SQL as AUTHORS_SQL, authorRange, POSITIONAL_BOOKS_SQL as BOOKS_SQL } from './request.js'

export const title = 'SQLite, synchronous'

export function open({ driver, url }) {
  const Database = loadDriver(driver)
  return new Database(fileURLToPath(url))
}

export function close(db) {
  db.close()
}

export const shapes = { loop, get, iterate, prepared, turns, transaction, helper, raw }

function loop(db, request) {
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent loop
  for (const author of authors) {
    db.prepare(BOOKS_SQL).all(author.id) // @loop loop
  }
}

function get(db, request) {
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent get
  for (const author of authors) {
    db.prepare(BOOKS_SQL).get(author.id) // @loop get
  }
}

function iterate(db, request) {
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent iterate
  for (const author of authors) {
    for (const book of db.prepare(BOOKS_SQL).iterate(author.id)) check(book) // @loop iterate
  }
}

// Prepared where the application starts, run in every request.
function prepared(db, request) {
  db.books ??= db.prepare(BOOKS_SQL)
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent prepared
  for (const author of authors) {
    db.books.all(author.id) // @loop prepared
  }
}

// Other requests run between any two statements.
async function turns(db, request) {
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent turns
  for (const author of authors) {
    await new Promise((resolve) => setImmediate(resolve))
    db.prepare(BOOKS_SQL).all(author.id) // @loop turns
  }
}

function transaction(db, request) {
  const run = db.transaction(() => {
    const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent transaction
    for (const author of authors) {
      db.prepare(BOOKS_SQL).all(author.id) // @loop transaction
    }
  })
  run() // @loop transaction
}

function helper(db, request) {
  const authors = db.prepare(AUTHORS_SQL).all(...authorRange(request)) // @parent helper
  for (const author of authors) {
    booksOf(db, author.id) // @loop helper
  }
}

function booksOf(db, id) {
  return db.prepare(BOOKS_SQL).all(id) // @helper helper
}

function raw(db, request) {
  const [low, high] = authorRange(request)
  const authors = db.prepare(`select id from authors where id between ${low} and ${high}`).all() // @parent raw
  for (const author of authors) {
    db.prepare(`select title from books where author_id = ${author.id}`).all() // @loop raw
  }
}

function check(book) {
  if (typeof book.title !== 'string') throw new Error('the iterator gave no book')
}
