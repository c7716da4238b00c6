import pg from 'pg'

const NAME = 'nonplus_stacks'

/**
 * Creates the database that the stacks read: requests 1 to 6, each with the authors `request * 1000 + 1` to `+ 6`, so that
 * every statement carries the number of its request in a value. Each author has two books, `author * 100 + 1` and `+ 2`.
 *
 * @returns URL of the new database on the same server.
 */
export async function createDatabase(serverUrl) {
  await withClient(serverUrl, async (client) => {
    await client.query(`drop database if exists ${NAME} with (force)`)
    await client.query(`create database ${NAME}`)
  })
  const url = new URL(serverUrl)
  url.pathname = `/${NAME}`
  await withClient(url.href, (client) =>
    client.query(`
      create table authors (id int primary key, name text not null);
      create table books (id int primary key, author_id int not null references authors, title text not null);
      create index on books (author_id);
      insert into authors
        select request * 1000 + n, 'author ' || n from generate_series(1, 6) request, generate_series(1, 6) n;
      insert into books
        select authors.id * 100 + n, authors.id, 'book ' || n from authors, generate_series(1, 2) n;
      analyze;
    `),
  )
  return url.href
}

async function withClient(url, use) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
