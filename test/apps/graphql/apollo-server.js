import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import express from 'express'

/** Serves resolvers with Apollo on Express. */
export async function startApollo(typeDefs, resolvers, createContext = () => ({})) {
  const server = new ApolloServer({ typeDefs, resolvers })
  await server.start()
  const app = express()
  app.use('/graphql', express.json(), expressMiddleware(server, { context: async () => createContext() }))
  return app.listen(0, '127.0.0.1')
}
