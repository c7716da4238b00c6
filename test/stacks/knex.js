import { openKnex } from './open-knex.js'
import { authorRange } from './request.js'
import { rowsOf } from './rows-of.js'

export const title = 'Knex'

export const open = openKnex

export async function close(knex) {
  await knex.destroy()
}

export const shapes = { loop, first, all, resolvers, transaction, helper, returned, raw, then, stream, eager }

export const expectations = { eager: { children: 1, findings: 0 } }

async function loop(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent loop
  for (const author of authors) {
    await knex('books').where('author_id', author.id) // @loop loop
  }
}

async function first(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent first
  for (const author of authors) {
    await knex('books').where({ author_id: author.id }).first() // @loop first
  }
}

async function all(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent all
  await Promise.all(authors.map((author) => knex('books').where('author_id', author.id))) // @loop all
}

async function resolvers(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await knex('books').where('author_id', author.id) // @helper resolvers
    }),
  )
}

async function transaction(knex, request) {
  await knex.transaction(async (trx) => {
    const authors = await trx('authors').whereBetween('id', authorRange(request)) // @parent transaction
    for (const author of authors) {
      await trx('books').where('author_id', author.id) // @loop transaction
    }
  })
}

async function helper(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent helper
  for (const author of authors) {
    await booksOf(knex, author.id) // @loop helper
  }
}

async function booksOf(knex, id) {
  const books = await knex('books').where('author_id', id) // @helper helper
  return books
}

async function returned(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent returned
  for (const author of authors) {
    await queryOf(knex, author.id) // @loop returned
  }
}

// An async function that returns the builder: it runs once the function has left the stack.
async function queryOf(knex, id) {
  return knex('books').where('author_id', id) // @helper returned
}

async function raw(knex, request) {
  const result = await knex.raw('select id from authors where id between ? and ?', authorRange(request)) // @parent raw
  for (const author of rowsOf(result)) {
    await knex.raw('select title from books where author_id = ?', [author.id]) // @loop raw
  }
}

async function then(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent then
  for (const author of authors) {
    const query = knex('books').where('author_id', author.id)
    await query.then((books) => books.length) // @loop then
  }
}

async function stream(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent stream
  for (const author of authors) {
    const books = knex('books').where('author_id', author.id).stream() // @loop stream
    for await (const book of books) {
      if (typeof book.title !== 'string') throw new Error('the stream gave no book')
    }
  }
}

async function eager(knex, request) {
  const authors = await knex('authors').whereBetween('id', authorRange(request)) // @parent eager
  const ids = authors.map((author) => author.id)
  await knex('books').whereIn('author_id', ids) // @loop eager
}
