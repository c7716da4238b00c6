import pg from 'pg'
import { AUTHORS_SQL, authorRange, BOOKS_SQL } from './request.js'

export const title = 'pg Client'

export async function open({ url }) {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

export async function close(client) {
  await client.end()
}

export const shapes = { loop, all, resolvers, callback, callbackChain, transaction, helper, config }

/** Requests that share one client cannot have transactions side by side. */
export const expectations = { transaction: { without: { pg: ['contended'] } } }

async function loop(client, request) {
  const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent loop
  for (const author of rows) {
    await client.query(BOOKS_SQL, [author.id]) // @loop loop
  }
}

async function all(client, request) {
  const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent all
  await Promise.all(rows.map((author) => client.query(BOOKS_SQL, [author.id]))) // @loop all
}

async function resolvers(client, request) {
  const { rows: authors } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent resolvers
  // @loop resolvers on the next line
  await Promise.all(
    // @loop resolvers on the next line
    authors.map(async (author) => {
      author.books = await client.query(BOOKS_SQL, [author.id]) // @helper resolvers
    }),
  )
}

async function callback(client, request) {
  const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent callback
  for (const author of rows) {
    await new Promise((resolve, reject) => {
      client.query(BOOKS_SQL, [author.id], (error, result) => (error ? reject(error) : resolve(result))) // @loop callback
    })
  }
}

// No promise anywhere: the next query leaves from the callback of the one before.
function callbackChain(client, request) {
  return new Promise((resolve, reject) => {
    // @parent callbackChain on the next line
    client.query(AUTHORS_SQL, authorRange(request), (error, { rows } = {}) => {
      if (error) return reject(error)
      const next = (index) => {
        if (index === rows.length) return resolve()
        // @loop callbackChain on the next line
        client.query(BOOKS_SQL, [rows[index].id], (error) => (error ? reject(error) : next(index + 1)))
      }
      next(0)
    })
  })
}

async function transaction(client, request) {
  const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent transaction
  await client.query('begin')
  for (const author of rows) {
    await client.query(BOOKS_SQL, [author.id]) // @loop transaction
  }
  await client.query('commit')
}

async function helper(client, request) {
  const { rows } = await client.query(AUTHORS_SQL, authorRange(request)) // @parent helper
  for (const author of rows) {
    await booksOf(client, author.id) // @loop helper
  }
}

async function booksOf(client, id) {
  const { rows } = await client.query(BOOKS_SQL, [id]) // @helper helper
  return rows
}

async function config(client, request) {
  const { rows } = await client.query({ text: AUTHORS_SQL, values: authorRange(request) }) // @parent config
  for (const author of rows) {
    await client.query({ name: 'books', text: BOOKS_SQL, values: [author.id], rowMode: 'array' }) // @loop config
  }
}
