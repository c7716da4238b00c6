import Bookshelf from 'bookshelf'
import { openKnex } from './open-knex.js'
import { authorRange } from './request.js'

export const title = 'Bookshelf'

export function open(database, max) {
  const knex = openKnex(database, max)
  const bookshelf = Bookshelf(knex)
  const Book = bookshelf.model('Book', { tableName: 'books' })
  const Author = bookshelf.model('Author', {
    tableName: 'authors',
    books() {
      return this.hasMany('Book')
    },
  })
  return { knex, bookshelf, Author, Book }
}

export async function close({ knex }) {
  await knex.destroy()
}

export const shapes = {
  loop,
  fetchOne,
  count,
  all,
  resolvers,
  transaction,
  helper,
  returned,
  lazy,
  load,
  loadAll,
  bluebird,
  chain,
  raw,
  eager,
}

/** A raw query is one of Knex. */
export const expectations = { eager: { children: 1, findings: 0 }, raw: { orm: 'knex' } }

function authorsOf(Author, request) {
  return Author.query((builder) => builder.whereBetween('id', authorRange(request)))
}

async function loop({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent loop
  for (const author of authors.toArray()) {
    await Book.where({ author_id: author.id }).fetchAll() // @loop loop
  }
}

async function fetchOne({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent fetchOne
  for (const author of authors.toArray()) {
    await Book.where({ author_id: author.id }).fetch() // @loop fetchOne
  }
}

async function count({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent count
  for (const author of authors.toArray()) {
    await Book.where({ author_id: author.id }).count() // @loop count
  }
}

async function all({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent all
  await Promise.all(authors.map((author) => Book.where({ author_id: author.id }).fetchAll())) // @loop all
}

async function resolvers({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.found = await Book.where({ author_id: author.id }).fetchAll() // @helper resolvers
    }),
  )
}

async function transaction({ bookshelf, Author, Book }, request) {
  await bookshelf.transaction(async (transacting) => {
    const authors = await authorsOf(Author, request).fetchAll({ transacting }) // @parent transaction
    for (const author of authors.toArray()) {
      await Book.where({ author_id: author.id }).fetchAll({ transacting }) // @loop transaction
    }
  })
}

async function helper({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent helper
  for (const author of authors.toArray()) {
    await booksOf(Book, author.id) // @loop helper
  }
}

async function booksOf(Book, id) {
  const books = await Book.where({ author_id: id }).fetchAll() // @helper helper
  return books
}

async function returned({ Author, Book }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent returned
  for (const author of authors.toArray()) {
    await queryOf(Book, author.id) // @loop returned
  }
}

async function queryOf(Book, id) {
  return Book.where({ author_id: id }).fetchAll() // @helper returned
}

async function lazy({ Author }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent lazy
  for (const author of authors.toArray()) {
    await author.related('books').fetch() // @loop lazy
  }
}

async function load({ Author }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent load
  for (const author of authors.toArray()) {
    await author.load('books') // @loop load
  }
}

async function loadAll({ Author }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent loadAll
  await Promise.all(authors.map((author) => author.load('books'))) // @loop loadAll
}

// What fetches give is a promise of Bluebird, so its methods are at hand.
async function bluebird({ Author, Book }, request) {
  const found = authorsOf(Author, request)
  const authors = found.fetchAll() // @parent bluebird
  const books = (author) => Book.where({ author_id: author.id }).fetchAll() // @helper bluebird @loop bluebird
  await authors.then((collection) => collection.toArray()).mapSeries(books)
}

// No async function anywhere: the next query leaves from the callback of the one before.
function chain({ Author, Book }, request) {
  const next = (authors, index) => {
    if (index === authors.length) return undefined
    const books = Book.where({ author_id: authors.at(index).id })
    return books.fetchAll().then(() => next(authors, index + 1)) // @loop chain
  }
  const found = authorsOf(Author, request)
  return found.fetchAll().then((authors) => next(authors, 0)) // @parent chain
}

async function raw({ bookshelf, Author }, request) {
  const authors = await authorsOf(Author, request).fetchAll() // @parent raw
  for (const author of authors.toArray()) {
    await bookshelf.knex.raw('select title from books where author_id = ?', [author.id]) // @loop raw
  }
}

async function eager({ Author }, request) {
  await authorsOf(Author, request).fetchAll({ withRelated: ['books'] }) // @parent eager @loop eager
}
