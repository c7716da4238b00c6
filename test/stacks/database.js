import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createClient } from '@libsql/client'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { AUTHORS_PER_REQUEST, REQUESTS } from './request.js'

const NAME = 'nonplus_stacks'

/** Makes the database of an engine, given the URL of its server; gives back the URL of the database. */
const engines = {
  async PostgreSQL(serverUrl) {
    await withPg(serverUrl, async (client) => {
      await client.query(`drop database if exists ${NAME} with (force)`)
      await client.query(`create database ${NAME}`)
    })
    const url = urlOn(serverUrl)
    await withPg(url, (client) => client.query(`${tables()}; analyze`))
    return url
  },

  async MariaDB(serverUrl) {
    const connection = await mysql.createConnection({ uri: serverUrl, multipleStatements: true })
    await connection.query(`drop database if exists ${NAME}; create database ${NAME}; use ${NAME}; ${tables()}`)
    await connection.end()
    return urlOn(serverUrl)
  },

  async SQLite() {
    const file = join(tmpdir(), `${NAME}_${process.pid}.sqlite`)
    rmSync(file, { force: true })
    const url = pathToFileURL(file).href
    const client = createClient({ url })
    await client.executeMultiple(tables())
    client.close()
    return url
  },

  // Every stack makes its own, in its memory.
  async PGlite() {
    return 'memory:'
  },
}

/**
 * Creates the database that the stacks read, on one engine: requests 1 to 6, each with the authors `request * 1000 + 1` to
 * `+ 6`, so that every statement carries the number of its request in a value. Each author has two books,
 * `author * 100 + 1` and `+ 2`.
 *
 * @param serverUrl of a running server; SQLite and PGlite need none.
 * @returns URL of the new database; `file:` for SQLite, `memory:` for PGlite.
 */
export async function createDatabase(engine, serverUrl) {
  return await engines[engine](serverUrl)
}

/** Removes what {@link createDatabase} left in the temporary folder; servers go with all they have. */
export function removeDatabase(url) {
  if (url.startsWith('file:')) rmSync(new URL(url), { force: true })
}

/** Statements that make the tables of the stacks and fill them; the same on every engine. */
export function tables() {
  const numbers = Array.from({ length: AUTHORS_PER_REQUEST }, (_, index) => index + 1)
  const authors = REQUESTS.flatMap((request) => numbers.map((n) => request * 1000 + n))
  const books = authors.flatMap((author) => [1, 2].map((n) => `(${author * 100 + n}, ${author}, 'book ${n}')`))
  return `
    create table authors (id int primary key, name varchar(40) not null);
    create table books (
      id int primary key, author_id int not null references authors (id), title varchar(40) not null
    );
    create index books_author on books (author_id);
    insert into authors values ${authors.map((id) => `(${id}, 'author ${id % 1000}')`)};
    insert into books values ${books}
  `
}

function urlOn(serverUrl) {
  const url = new URL(serverUrl)
  url.pathname = `/${NAME}`
  return url.href
}

async function withPg(url, use) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
