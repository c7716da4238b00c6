import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createContext, resolvers, typeDefs } from './schema.js'

/**
 * As the guide of graphql-js begins: no resolvers, but a root value and objects with methods.
 *
 * @param graphql-js of one version or another.
 */
export function startPlain({ buildSchema, graphql }) {
  const schema = buildSchema(typeDefs)
  const rootValue = {
    posts: async () => (await resolvers.Query.posts()).map((row) => new Post(row)),
    first: async () => new Post(await resolvers.Query.first()),
    publish: resolvers.Mutation.publish,
  }
  return createServer(async (req, res) => {
    const { query, operationName } = await json(req)
    const result = await graphql({ schema, source: query, operationName, rootValue, contextValue: createContext() })
    res.setHeader('content-type', 'application/json').end(JSON.stringify(result))
  }).listen(0, '127.0.0.1')
}

class Post {
  constructor(row) {
    Object.assign(this, row)
  }

  get author() {
    return resolvers.Post.author(this)
  }

  loadedAuthor(args, context) {
    return resolvers.Post.loadedAuthor(this, args, context)
  }

  builtAuthor() {
    return resolvers.Post.builtAuthor(this)
  }
}
