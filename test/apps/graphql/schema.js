import DataLoader from 'dataloader'
import knex from 'knex'
import pg from 'pg'

export const typeDefs = `
  type Query {
    posts: [Post!]!
    first: Post
  }
  type Mutation {
    publish: Int!
  }
  type Post {
    id: Int!
    title: String!
    author: User
    loadedAuthor: User
    builtAuthor: User
  }
  type User {
    id: Int!
    name: String!
  }
`

// two connections: every request waits for those of others
export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 })
const build = knex({ client: 'pg', connection: process.env.DATABASE_URL, pool: { min: 0, max: 2 } })

export const resolvers = {
  Query: {
    posts: async () => (await pool.query('select id, title, author_id from posts order by id')).rows,
    first: async () => (await pool.query('select id, title, author_id from posts order by id limit 1')).rows[0],
  },
  Mutation: {
    publish: async () => (await pool.query('update posts set published = true')).rowCount,
  },
  Post: {
    author: async ({ author_id }) => {
      const { rows } = await pool.query('select id, name from users where id = $1', [author_id])
      return rows[0]
    },
    loadedAuthor: ({ author_id }, _args, { users }) => users.load(author_id),
    // sent when the executor awaits it
    builtAuthor: ({ author_id }) => build('users').where({ id: author_id }).first('id', 'name'),
  },
}

export function createContext() {
  return { users: new DataLoader(loadUsers) }
}

async function loadUsers(ids) {
  const { rows } = await pool.query('select id, name from users where id = any($1)', [ids])
  return ids.map((id) => rows.find((row) => row.id === id))
}
