import { startApollo } from './apollo-server.js'
import { createContext, resolvers, typeDefs } from './schema.js'

export async function start() {
  return await startApollo(typeDefs, resolvers, createContext)
}
