import { Model } from 'objection'
import { openKnex } from './open-knex.js'
import { authorRange } from './request.js'
import { rowsOf } from './rows-of.js'

export const title = 'Objection'

export function open(database, max) {
  const knex = openKnex(database, max)

  class Book extends Model {
    static tableName = 'books'
  }
  class Author extends Model {
    static tableName = 'authors'
    static relationMappings = {
      books: {
        relation: Model.HasManyRelation,
        modelClass: Book,
        join: { from: 'authors.id', to: 'books.author_id' },
      },
    }
  }
  return { knex, Author: Author.bindKnex(knex), Book: Book.bindKnex(knex) }
}

export async function close({ knex }) {
  await knex.destroy()
}

export const shapes = { loop, findOne, all, resolvers, transaction, helper, returned, lazy, fetchGraph, raw, eager }

/** A raw query is one of Knex. */
export const expectations = { eager: { children: 1, findings: 0 }, raw: { orm: 'knex' } }

async function loop({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent loop
  for (const author of authors) {
    await Book.query().where('author_id', author.id) // @loop loop
  }
}

async function findOne({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent findOne
  for (const author of authors) {
    await Book.query().findOne({ author_id: author.id }) // @loop findOne
  }
}

async function all({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent all
  await Promise.all(authors.map((author) => Book.query().where('author_id', author.id))) // @loop all
}

async function resolvers({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await Book.query().where('author_id', author.id) // @helper resolvers
    }),
  )
}

async function transaction({ knex, Author, Book }, request) {
  await knex.transaction(async (trx) => {
    const authors = await Author.query(trx).whereBetween('id', authorRange(request)) // @parent transaction
    for (const author of authors) {
      await Book.query(trx).where('author_id', author.id) // @loop transaction
    }
  })
}

async function helper({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent helper
  for (const author of authors) {
    await booksOf(Book, author.id) // @loop helper
  }
}

async function booksOf(Book, id) {
  const books = await Book.query().where('author_id', id) // @helper helper
  return books
}

async function returned({ Author, Book }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent returned
  for (const author of authors) {
    await queryOf(Book, author.id) // @loop returned
  }
}

// An async function that returns the builder: it runs once the function has left the stack.
async function queryOf(Book, id) {
  return Book.query().where('author_id', id) // @helper returned
}

async function lazy({ Author }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent lazy
  for (const author of authors) {
    await author.$relatedQuery('books') // @loop lazy
  }
}

async function fetchGraph({ Author }, request) {
  const authors = await Author.query().whereBetween('id', authorRange(request)) // @parent fetchGraph
  for (const author of authors) {
    await author.$fetchGraph('books') // @loop fetchGraph
  }
}

async function raw({ knex }, request) {
  const result = await knex.raw('select id from authors where id between ? and ?', authorRange(request)) // @parent raw
  for (const author of rowsOf(result)) {
    await knex.raw('select title from books where author_id = ?', [author.id]) // @loop raw
  }
}

async function eager({ Author }, request) {
  await Author.query().whereBetween('id', authorRange(request)).withGraphFetched('books') // @parent eager @loop eager
}
