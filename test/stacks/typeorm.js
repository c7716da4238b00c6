import 'reflect-metadata'
import { fileURLToPath } from 'node:url'
import { Between, DataSource, EntitySchema } from 'typeorm'
import { executeGraphql } from './execute-graphql.js'
import { loadDriver } from './load-driver.js'
import { authorRange } from './request.js'

export const title = 'TypeORM'

const Author = new EntitySchema({
  name: 'Author',
  tableName: 'authors',
  columns: { id: { type: 'int', primary: true }, name: { type: 'varchar' } },
  relations: { books: { type: 'one-to-many', target: 'Book', inverseSide: 'author', lazy: true } },
})

const Book = new EntitySchema({
  name: 'Book',
  tableName: 'books',
  columns: {
    id: { type: 'int', primary: true },
    title: { type: 'varchar' },
    authorId: { type: 'int', name: 'author_id' },
  },
  relations: {
    author: { type: 'many-to-one', target: 'Author', inverseSide: 'books', joinColumn: { name: 'author_id' } },
  },
})

const types = { pg: 'postgres', mysql2: 'mysql', 'better-sqlite3': 'better-sqlite3', libsql: 'better-sqlite3' }

export async function open({ driver, url }, max) {
  const place = url.startsWith('file:')
    ? { database: fileURLToPath(url), driver: loadDriver(driver) }
    : { url, poolSize: max }
  const dataSource = new DataSource({ type: types[driver], ...place, entities: [Author, Book] })
  return await dataSource.initialize()
}

export async function close(dataSource) {
  await dataSource.destroy()
}

export const shapes = {
  loop,
  findOneBy,
  builder,
  all,
  resolvers,
  transaction,
  helper,
  returned,
  graphql,
  lazy,
  lazyAll,
  raw,
  stream,
  eager,
}

const always = ['cold', 'warm', 'contended']

/** TypeORM streams on servers only, and has one connection to SQLite, which one transaction takes. */
export const expectations = {
  transaction: { without: { libsql: ['contended'], 'better-sqlite3': ['contended'] } },
  stream: { without: { libsql: always, 'better-sqlite3': always } },
  eager: { children: 1, findings: 0 },
}

function authorsOf(request) {
  return { where: { id: Between(...authorRange(request)) } }
}

async function loop({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent loop
  for (const author of authors) {
    await manager.find(Book, { where: { authorId: author.id } }) // @loop loop
  }
}

async function findOneBy({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent findOneBy
  for (const author of authors) {
    await manager.getRepository(Book).findOneBy({ authorId: author.id }) // @loop findOneBy
  }
}

async function builder({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent builder
  for (const author of authors) {
    const books = manager.createQueryBuilder(Book, 'book').where('book.authorId = :id', { id: author.id })
    await books.getMany() // @loop builder
  }
}

async function all({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent all
  await Promise.all(authors.map((author) => manager.find(Book, { where: { authorId: author.id } }))) // @loop all
}

async function resolvers({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.found = await manager.find(Book, { where: { authorId: author.id } }) // @helper resolvers
    }),
  )
}

async function transaction(dataSource, request) {
  await dataSource.transaction(async (manager) => {
    const authors = await manager.find(Author, authorsOf(request)) // @parent transaction
    for (const author of authors) {
      await manager.find(Book, { where: { authorId: author.id } }) // @loop transaction
    }
  })
}

async function helper({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent helper
  for (const author of authors) {
    await booksOf(manager, author.id) // @loop helper
  }
}

async function booksOf(manager, authorId) {
  const books = await manager.find(Book, { where: { authorId } }) // @helper helper
  return books
}

async function returned({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent returned
  for (const author of authors) {
    await booksReturned(manager, author.id) // @loop returned
  }
}

function booksReturned(manager, authorId) {
  return manager.find(Book, { where: { authorId } }) // @helper returned
}

// Nobody but the library awaits what a resolver returns.
async function graphql({ manager }, request) {
  await executeGraphql({
    authors: () => manager.find(Author, authorsOf(request)), // @parent graphql
    books: (author) => manager.find(Book, { where: { authorId: author.id } }), // @loop graphql, side by side
  })
}

async function lazy({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent lazy
  for (const author of authors) {
    await author.books // @loop lazy
  }
}

async function lazyAll({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent lazyAll
  await Promise.all(authors.map((author) => author.books)) // @loop lazyAll
}

async function raw(dataSource, request) {
  const [low, high] = authorRange(request)
  const authors = await dataSource.sql`select id from authors where id between ${low} and ${high}` // @parent raw
  for (const author of authors) {
    await dataSource.sql`select title from books where author_id = ${author.id}` // @loop raw
  }
}

async function stream({ manager }, request) {
  const authors = await manager.find(Author, authorsOf(request)) // @parent stream
  for (const author of authors) {
    const builder = manager.createQueryBuilder(Book, 'book').where('book.authorId = :id', { id: author.id })
    const books = await builder.stream() // @loop stream
    for await (const book of books) {
      if (typeof book.book_title !== 'string') throw new Error('the stream gave no book')
    }
  }
}

async function eager({ manager }, request) {
  await manager.find(Author, { ...authorsOf(request), relations: { books: true } }) // @loop eager
}
