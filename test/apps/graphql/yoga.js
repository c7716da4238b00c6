import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { createContext, resolvers, typeDefs } from './schema.js'

export function start() {
  const schema = createSchema({ typeDefs, resolvers })
  return createServer(createYoga({ schema, context: createContext })).listen(0, '127.0.0.1')
}
