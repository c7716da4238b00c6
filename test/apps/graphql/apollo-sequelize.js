import { DataTypes, Sequelize } from 'sequelize'
import { startApollo } from './apollo-server.js'
import { typeDefs } from './returned-schema.js'

const define = { timestamps: false }
const sequelize = new Sequelize(process.env.DATABASE_URL, { logging: false, pool: { max: 2, min: 0 }, define })
const id = { type: DataTypes.INTEGER, primaryKey: true }
const User = sequelize.define('User', { id, name: DataTypes.TEXT }, { tableName: 'users' })
const Post = sequelize.define(
  'Post',
  { id, title: DataTypes.TEXT, authorId: { type: DataTypes.INTEGER, field: 'author_id' } },
  { tableName: 'posts' },
)

const resolvers = {
  Query: {
    posts: () => Post.findAll({ order: ['id'] }), // @posts
    first: async () => Post.findOne({ order: ['id'] }), // @first
    total: () => Post.count(), // @total
  },
  Mutation: {
    rename: (_root, { id }) => rename(id),
  },
  Post: {
    author: (post) => User.findByPk(post.authorId), // @author
    authors: (post) => sequelize.query('select id, name from users where id = ?', select(post)), // @authors
  },
}

const select = ({ authorId }) => ({ replacements: [authorId], type: 'SELECT' })

async function rename(id) {
  const post = await Post.findByPk(id)
  return post.update({ title: `renamed by ${process.pid}` }) // @rename
}

export async function start() {
  return await startApollo(typeDefs, resolvers)
}
