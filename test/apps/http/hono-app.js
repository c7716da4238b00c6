import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { work } from './work.js'

/** @param configure adds middleware to the app before its routes. */
export function startHono(check, configure = () => {}) {
  const app = new Hono()
  configure(app)
  app.use(async (c, next) => {
    await work(c.env.incoming, check)
    await next()
  })
  app.get('/api/teams/:teamId/members/:memberId', async (c) => {
    await work(c.env.incoming, check)
    return c.json({ member: c.req.param('memberId') })
  })
  app.get('/api/teams/:teamId/members/:memberId/failure', () => {
    throw new Error('no such member')
  })
  const users = new Hono()
  users.post('/', async (c) => {
    const { text } = await c.req.json()
    await work(c.env.incoming, check)
    return c.json({ length: text.length }, 201)
  })
  users.get('/:userId', async (c) => {
    await work(c.env.incoming, check)
    return c.json({ user: c.req.param('userId') })
  })
  users.get('/:userId/failure', async (c) => {
    await work(c.env.incoming, check)
    throw new Error('no such user')
  })
  app.route('/users', users)
  app.get('/stream', (c) =>
    stream(c, async (out) => {
      c.env.outgoing.on('finish', () => check(c.env.incoming, 'when finished'))
      for (const part of ['a', 'b', 'c']) {
        await out.write(part)
        check(c.env.incoming, 'while streaming')
      }
    }),
  )
  app.onError((error, c) => {
    check(c.env.incoming, 'in the error handler')
    return c.json({ message: error.message }, 500)
  })
  return serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
}

export const start = (check) => startHono(check)
