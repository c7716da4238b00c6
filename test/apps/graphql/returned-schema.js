/** What resolvers answer that return what their ORM gave them. */
export const typeDefs = `
  type Query {
    posts: [Post!]!
    first: Post
    total: Int!
  }
  type Mutation {
    rename(id: Int!): Post
  }
  type Post {
    id: Int!
    title: String!
    author: User
    authors: [User!]!
  }
  type User {
    id: Int!
    name: String!
  }
`
