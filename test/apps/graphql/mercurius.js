import Fastify from 'fastify'
import mercurius from 'mercurius'
import { createContext, resolvers, typeDefs } from './schema.js'

export async function start() {
  const app = Fastify()
  app.register(mercurius, { schema: typeDefs, resolvers, context: createContext })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
