import { fileURLToPath } from 'node:url'
import { DataTypes, Op, QueryTypes, Sequelize } from 'sequelize'
import { executeGraphql } from './execute-graphql.js'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'Sequelize 6'

const dialects = { pg: 'postgres', mysql2: 'mysql', mariadb: 'mariadb', sqlite3: 'sqlite' }

export function open({ driver, url }, max) {
  const options = { logging: false, pool: { max, min: 0 }, define: { timestamps: false } }
  const dialect = dialects[driver]
  const sequelize = url.startsWith('file:')
    ? new Sequelize({ ...options, dialect, storage: fileURLToPath(url) })
    : new Sequelize(url, { ...options, dialect })
  const id = { type: DataTypes.INTEGER, primaryKey: true }
  const Author = sequelize.define('Author', { id, name: DataTypes.TEXT }, { tableName: 'authors' })
  const Book = sequelize.define(
    'Book',
    { id, title: DataTypes.TEXT, authorId: { type: DataTypes.INTEGER, field: 'author_id' } },
    { tableName: 'books' },
  )
  Author.hasMany(Book, { as: 'books', foreignKey: 'authorId' })
  return { sequelize, Author, Book }
}

export async function close({ sequelize }) {
  await sequelize.close()
}

export const shapes = {
  loop,
  findOne,
  all,
  resolvers,
  transaction,
  helper,
  returned,
  graphql,
  lazy,
  lazyAll,
  raw,
  eager,
}

export const expectations = { eager: { children: 1, findings: 0 } }

function authorsOf(request) {
  return { where: { id: { [Op.between]: authorRange(request) } } }
}

async function loop({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent loop
  for (const author of authors) {
    await Book.findAll({ where: { authorId: author.id } }) // @loop loop
  }
}

async function findOne({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent findOne
  for (const author of authors) {
    await Book.findOne({ where: { authorId: author.id } }) // @loop findOne
  }
}

async function all({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent all
  await Promise.all(authors.map((author) => Book.findAll({ where: { authorId: author.id } }))) // @loop all
}

async function resolvers({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await Book.findAll({ where: { authorId: author.id } }) // @helper resolvers
    }),
  )
}

async function transaction({ sequelize, Author, Book }, request) {
  await sequelize.transaction(async (transaction) => {
    const authors = await Author.findAll({ ...authorsOf(request), transaction }) // @parent transaction
    for (const author of authors) {
      await Book.findAll({ where: { authorId: author.id }, transaction }) // @loop transaction
    }
  })
}

async function helper({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent helper
  for (const author of authors) {
    await booksOf(Book, author.id) // @loop helper
  }
}

async function booksOf(Book, authorId) {
  const books = await Book.findAll({ where: { authorId } }) // @helper helper
  return books
}

async function returned({ Author, Book }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent returned
  for (const author of authors) {
    await booksReturned(Book, author.id) // @loop returned
  }
}

function booksReturned(Book, authorId) {
  return Book.findAll({ where: { authorId } }) // @helper returned
}

// Nobody but the library awaits what a resolver returns.
async function graphql({ Author, Book }, request) {
  await executeGraphql({
    authors: () => Author.findAll(authorsOf(request)), // @parent graphql
    books: (author) => Book.findAll({ where: { authorId: author.id } }), // @loop graphql, side by side
  })
}

async function lazy({ Author }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent lazy
  for (const author of authors) {
    await author.getBooks() // @loop lazy
  }
}

async function lazyAll({ Author }, request) {
  const authors = await Author.findAll(authorsOf(request)) // @parent lazyAll
  await Promise.all(authors.map((author) => author.getBooks())) // @loop lazyAll
}

async function raw({ sequelize }, request) {
  const type = QueryTypes.SELECT
  const authors = await sequelize.query(AUTHORS_SQL, { bind: authorRange(request), type }) // @parent raw
  for (const author of authors) {
    await sequelize.query(BOOKS_SQL, { bind: [author.id], type }) // @loop raw
  }
}

async function eager({ Author, Book }, request) {
  const include = [{ model: Book, as: 'books', separate: true }]
  await Author.findAll({ ...authorsOf(request), include }) // @parent eager @loop eager
}
