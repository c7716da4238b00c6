import { executeGraphql } from './execute-graphql.js'
import { authorRange } from './request.js'

/** Entities and shapes of MikroORM, the same in all its versions. */
export class Author {}
export class Book {}

/** What `EntitySchema` is made of. */
export const properties = {
  authors: {
    id: { type: 'integer', primary: true },
    name: { type: 'text' },
    books: { kind: '1:m', entity: () => Book, mappedBy: 'author' },
  },
  books: {
    id: { type: 'integer', primary: true },
    title: { type: 'text' },
    author: { kind: 'm:1', entity: () => Author, inversedBy: 'books', fieldName: 'author_id' },
  },
}

export async function close(orm) {
  await orm.close(true)
}

export const shapes = { loop, findOne, all, resolvers, transaction, helper, lazy, loadItems, getResult, raw, eager }

export const expectations = { eager: { children: 1, findings: 0 } }

function ofRequest(request) {
  const [low, high] = authorRange(request)
  return { id: { $gte: low, $lte: high } }
}

async function loop(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent loop
  for (const author of authors) {
    await em.find(Book, { author: author.id }) // @loop loop
  }
}

async function findOne(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent findOne
  for (const author of authors) {
    await em.findOne(Book, { author: author.id }) // @loop findOne
  }
}

async function all(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent all
  await Promise.all(authors.map((author) => em.find(Book, { author: author.id }))) // @loop all
}

async function resolvers(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.found = await em.find(Book, { author: author.id }) // @helper resolvers
    }),
  )
}

async function transaction(orm, request) {
  await orm.em.fork().transactional(async (em) => {
    const authors = await em.find(Author, ofRequest(request)) // @parent transaction
    for (const author of authors) {
      await em.find(Book, { author: author.id }) // @loop transaction
    }
  })
}

async function helper(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent helper
  for (const author of authors) {
    await booksOf(em, author.id) // @loop helper
  }
}

async function booksOf(em, id) {
  const books = await em.find(Book, { author: id }) // @helper helper
  return books
}

/** Version 6 only: 7 is ES modules, whose classes are not hooked. */
export async function graphql(orm, request) {
  const em = orm.em.fork()
  await executeGraphql({
    authors: () => em.find(Author, ofRequest(request)), // @parent graphql
    books: (author) => em.find(Book, { author: author.id }), // @loop graphql, side by side
  })
}

async function lazy(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent lazy
  for (const author of authors) {
    await author.books.init() // @loop lazy
  }
}

async function loadItems(orm, request) {
  const em = orm.em.fork()
  const authors = await em.find(Author, ofRequest(request)) // @parent loadItems
  await Promise.all(authors.map((author) => author.books.loadItems())) // @loop loadItems
}

// Awaited itself, which version 7 does not have any more.
export async function builder(orm, request) {
  const em = orm.em.fork()
  const authors = await em.createQueryBuilder(Author).where(ofRequest(request)) // @parent builder
  for (const author of authors) {
    await em.createQueryBuilder(Book).where({ author: author.id }) // @loop builder
  }
}

async function getResult(orm, request) {
  const em = orm.em.fork()
  const authors = await em.createQueryBuilder(Author).where(ofRequest(request)).getResult() // @parent getResult
  for (const author of authors) {
    await em.createQueryBuilder(Book).where({ author: author.id }).getResult() // @loop getResult
  }
}

async function raw(orm, request) {
  const em = orm.em.fork()
  const authors = await em.execute('select id from authors where id between ? and ?', authorRange(request)) // @parent raw
  for (const author of authors) {
    await em.execute('select title from books where author_id = ?', [author.id]) // @loop raw
  }
}

async function eager(orm, request) {
  const em = orm.em.fork()
  const options = { populate: ['books'], strategy: 'select-in' }
  await em.find(Author, ofRequest(request), options) // @parent eager @loop eager
}
