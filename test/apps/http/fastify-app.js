import { Readable } from 'node:stream'
import { work } from './work.js'

/** The app for Fastify 4 and 5, over HTTP/1 and HTTP/2. */
export async function startFastify(Fastify, check, options) {
  const app = Fastify(options)
  app.addHook('onRequest', (request) => work(request.raw, check))

  app.register(
    async (teams) => {
      teams.get('/:teamId/members/:memberId', async (request) => {
        await work(request.raw, check)
        return { member: request.params.memberId }
      })
      teams.get('/:teamId/members/:memberId/failure', () => {
        throw new Error('no such member')
      })
    },
    { prefix: '/api/teams' },
  )
  app.register(
    async (users) => {
      users.post('/', async (request, reply) => {
        await work(request.raw, check)
        reply.code(201)
        return { length: request.body.text.length }
      })
      users.get('/:userId', async (request) => {
        await work(request.raw, check)
        return { user: request.params.userId }
      })
      users.get('/:userId/failure', async (request) => {
        await work(request.raw, check)
        throw new Error('no such user')
      })
    },
    { prefix: '/users' },
  )
  app.get('/stream', async (request, reply) => {
    const source = Readable.from(['a', 'b', 'c'])
    source.on('data', () => check(request.raw, 'while streaming'))
    reply.raw.on('finish', () => check(request.raw, 'when finished'))
    return reply.send(source)
  })
  app.setErrorHandler((error, request, reply) => {
    check(request.raw, 'in the error handler')
    reply.code(500).send({ message: error.message })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
