'use strict'
const database = require('./database.js')

/** The N+1: a query for the author of each post. */
exports.listPosts = async function listPosts() {
  const posts = await database.query('select id, title, author_id from posts order by id')
  for (const post of posts) {
    const [author] = await database.query('select id, name from authors where id = $1', [post.author_id])
    post.author = author.name
  }
  return posts
}

/** The same page, with all authors at once. */
exports.listPostsTogether = async function listPostsTogether() {
  const posts = await database.query('select id, title, author_id from posts order by id')
  if (posts.length === 0) return posts
  const ids = posts.map((post) => post.author_id)
  const marks = ids.map((_, index) => `$${index + 1}`).join(', ')
  const authors = await database.query(`select id, name from authors where id in (${marks})`, ids)
  const names = new Map(authors.map((author) => [author.id, author.name]))
  for (const post of posts) post.author = names.get(post.author_id)
  return posts
}

exports.findPost = async function findPost(id) {
  const [post] = await database.query('select id, title from posts where id = $1', [id])
  return post
}

/** Tables of this blog alone, with so many posts, each by another author. */
exports.seed = async function seed(size = 3) {
  await database.query('drop table if exists posts')
  await database.query('drop table if exists authors')
  await database.query('create table authors (id int primary key, name varchar(40))')
  await database.query('create table posts (id int primary key, title varchar(40), author_id int)')
  for (let id = 1; id <= size; id++) {
    await database.query('insert into authors (id, name) values ($1, $2)', [id, `Author ${id}`])
    await database.query('insert into posts (id, title, author_id) values ($1, $2, $3)', [id, `Post ${id}`, id])
  }
}

exports.close = () => database.close()
