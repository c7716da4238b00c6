import 'reflect-metadata'
import { DataSource, EntitySchema } from 'typeorm'
import { startApollo } from './apollo-server.js'
import { typeDefs } from './returned-schema.js'

const id = { type: 'int', primary: true }
const User = new EntitySchema({ name: 'User', tableName: 'users', columns: { id, name: { type: 'text' } } })
const Post = new EntitySchema({
  name: 'Post',
  tableName: 'posts',
  columns: { id, title: { type: 'text' }, authorId: { type: 'int', name: 'author_id' } },
})

const url = process.env.DATABASE_URL
const dataSource = new DataSource({ type: 'postgres', url, poolSize: 2, entities: [User, Post] })
const posts = dataSource.getRepository(Post)
const users = dataSource.getRepository(User)

const resolvers = {
  Query: {
    posts: () => posts.find({ order: { id: 'ASC' } }), // @posts
    first: async () => posts.findOne({ where: {}, order: { id: 'ASC' } }), // @first
    total: () => posts.count(), // @total
  },
  Mutation: {
    rename: (_root, { id }) => rename(id),
  },
  Post: {
    author: (post) => users.findOneBy({ id: post.authorId }), // @author
    authors: (post) => dataSource.query('select id, name from users where id = $1', [post.authorId]), // @authors
  },
}

async function rename(id) {
  const post = await posts.findOneBy({ id })
  return posts.save({ ...post, title: `renamed by ${process.pid}` }) // @rename
}

export async function start() {
  await dataSource.initialize()
  return await startApollo(typeDefs, resolvers)
}
