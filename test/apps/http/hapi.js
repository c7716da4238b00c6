import { Readable } from 'node:stream'
import Hapi from '@hapi/hapi'
import { work } from './work.js'

export async function start(check) {
  const server = Hapi.server({ port: 0, host: '127.0.0.1' })
  server.ext('onRequest', async (request, h) => {
    await work(request.raw.req, check)
    return h.continue
  })
  server.ext('onPreResponse', (request, h) => {
    const { response } = request
    if (!response.isBoom || response.output.statusCode < 500) return h.continue
    check(request.raw.req, 'in the error handler')
    return h.response({ message: response.message }).code(500)
  })
  server.route([
    {
      method: 'GET',
      path: '/api/teams/{teamId}/members/{memberId}',
      handler: async (request) => {
        await work(request.raw.req, check)
        return { member: request.params.memberId }
      },
    },
    {
      method: 'GET',
      path: '/api/teams/{teamId}/members/{memberId}/failure',
      handler: () => {
        throw new Error('no such member')
      },
    },
    {
      method: 'POST',
      path: '/users',
      handler: async (request, h) => {
        await work(request.raw.req, check)
        return h.response({ length: request.payload.text.length }).code(201)
      },
    },
    {
      method: 'GET',
      path: '/users/{userId}',
      handler: async (request) => {
        await work(request.raw.req, check)
        return { user: request.params.userId }
      },
    },
    {
      method: 'GET',
      path: '/users/{userId}/failure',
      handler: async (request) => {
        await work(request.raw.req, check)
        throw new Error('no such user')
      },
    },
    {
      method: 'GET',
      path: '/stream',
      handler: (request, h) => {
        const source = Readable.from(['a', 'b', 'c'], { objectMode: false })
        source.on('data', () => check(request.raw.req, 'while streaming'))
        request.raw.res.on('finish', () => check(request.raw.req, 'when finished'))
        return h.response(source)
      },
    },
  ])
  await server.start()
  return server.listener
}
