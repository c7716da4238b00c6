import mysql from 'mysql2/promise'
import pg from 'pg'

/** Smaller than what is asked of them at once. */
const poolSize = 2

/** A blog that knows nothing of nonplus, by the driver that it is read with. */
export const blogs = { pg: makeBlog(connectPg), mysql2: makeBlog(connectMysql) }

function connectPg() {
  const pool = new pg.Pool({ connectionString: process.env.BLOG_PG_URL, max: poolSize, idleTimeoutMillis: 0 })
  return { send: async (text, values) => (await pool.query(text, values)).rows, end: () => pool.end() }
}

function connectMysql() {
  const pool = mysql.createPool({ uri: process.env.BLOG_MYSQL_URL, connectionLimit: poolSize })
  // the placeholders of PostgreSQL, numbered in order, are those of MySQL
  return {
    send: async (text, values) => (await pool.query(text.replaceAll(/\$\d+/g, '?'), values))[0],
    end: () => pool.end(),
  }
}

function makeBlog(connect) {
  let users = 0
  let connection

  /** Warms the pool. Some runners load this module once for all files, others once for each. */
  async function open() {
    users++
    await Promise.all(Array.from({ length: poolSize }, () => query('select 1', [])))
  }

  async function close() {
    users--
    if (users > 0) return
    await connection.end()
    connection = undefined
  }

  function query(text, values) {
    connection ??= connect()
    return connection.send(text, values)
  }

  async function findPosts(size) {
    return query('select id, author_id from posts order by id limit $1', [size])
  }

  async function findPost(id) {
    return query('select id, author_id from posts where id = $1', [id])
  }

  /** 1 query, and one for each post. */
  async function listPosts(size) {
    const posts = await findPosts(size)
    for (const post of posts) {
      post.author = await query('select name from authors where id = $1', [post.author_id]) // the loop
    }
    return posts
  }

  /** The same, all at once: more than the pool has connections. */
  async function listPostsAtOnce(size) {
    const posts = await findPosts(size)
    return Promise.all(posts.map((post) => query('select name from authors where id = $1', [post.author_id])))
  }

  /** 2 queries. */
  async function listPostsTogether(size) {
    const ids = (await findPosts(size)).map((post) => post.author_id)
    const marks = ids.map((_, index) => `$${index + 1}`).join(', ')
    return query(`select id, name from authors where id in (${marks})`, ids)
  }

  return { findPost, findPosts, listPosts, listPostsAtOnce, listPostsTogether, query, open, close }
}
