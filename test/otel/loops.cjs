// One request after the other, each of which asks in its own way, and then six at once on a pool of two.
const { once } = require('node:events')
const http = require('node:http')
const { createRequire } = require('node:module')

const load = createRequire(process.env.OTEL_PACKAGES)
const isPg = process.env.OTEL_DRIVER === 'pg'
const query = isPg ? openPg() : openMysql()

function openPg() {
  const pool = new (load('pg').Pool)({ connectionString: process.env.OTEL_URL, max: 2, idleTimeoutMillis: 0 })
  const run = async (text, values) => (await pool.query(text, values)).rows
  run.end = () => pool.end()
  return run
}

function openMysql() {
  const pool = load('mysql2').createPool({ uri: process.env.OTEL_URL, connectionLimit: 2 })
  const run = (text, values = []) =>
    new Promise((resolve, reject) => {
      pool.query(text.replaceAll(/\$\d/g, '?'), values, (error, rows) => (error ? reject(error) : resolve(rows)))
    })
  run.end = () => new Promise((resolve) => pool.end(resolve))
  return run
}

const AUTHOR = 'select name from authors where id = $1'

const routes = {
  async '/sequential'() {
    for (const { author_id } of await query('select id, author_id from books order by id limit 7')) {
      await query(AUTHOR, [author_id])
    }
  },
  async '/together'() {
    const books = await query('select id, author_id from books order by id limit 6')
    await Promise.all(books.map(({ author_id }) => query(AUTHOR, [author_id])))
  },
  async '/batched'() {
    await query('select id, author_id from books order by id limit 7')
    await query('select id, name from authors where id in (1, 2, 3)')
  },
  async '/pages'() {
    for (let page = 0; page < 6; page++) {
      await query('select id from books where author_id = $1 order by id limit 5 offset $2', [1, page * 5])
    }
  },
  async '/settings'() {
    await query("select name from authors where name = 'author 1'")
    await query("select name from authors where name = 'author 1'")
  },
  async '/literals'() {
    for (let id = 1; id <= 5; id++) await query(`select name from authors where id = ${id}`)
  },
  async '/fails'() {
    for (let attempt = 0; attempt < 6; attempt++) {
      await query('select name from missing_table where id = $1', [attempt]).catch(() => {})
    }
  },
}

async function main() {
  await query('create table books (id int, author_id int)')
  await query('create table authors (id int, name varchar(20))')
  for (let id = 1; id <= 10; id++) {
    await query('insert into authors values ($1, $2)', [id, `author ${id}`])
    await query('insert into books values ($1, $2)', [id, 11 - id])
  }
  const server = http.createServer(async (request, response) => {
    await routes[request.url]()
    response.end('done')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  for (const path of Object.keys(routes)) await get(port, path)
  if (process.env.OTEL_CROWD === '1') await Promise.all(Array.from({ length: 6 }, () => get(port, '/sequential')))
  server.close()
  await query.end()
  await new Promise((resolve) => setTimeout(resolve, 50))
  process.stdout.write(`\nTOLD ${JSON.stringify((await globalThis.stopSdk?.()) ?? {})}\n`)
  process.exit()
}

async function get(port, path) {
  const [response] = await once(http.get({ port, path, host: '127.0.0.1', agent: false }), 'response')
  response.resume()
  await once(response, 'end')
}

main()
