import { Readable } from 'node:stream'
import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { work } from './work.js'

/** @param createServer of HTTP/1 or HTTP/2. */
export function startKoa(check, createServer) {
  const app = new Koa()
  app.use(async (ctx, next) => {
    await work(ctx.req, check)
    try {
      await next()
    } catch (error) {
      check(ctx.req, 'in the error handler')
      ctx.status = 500
      ctx.body = { message: error.message }
    }
  })
  app.use(bodyParser())

  const members = new Router()
  members.get('/:memberId', async (ctx) => {
    await work(ctx.req, check)
    ctx.body = { member: ctx.params.memberId }
  })
  members.get('/:memberId/failure', () => {
    throw new Error('no such member')
  })
  const teams = new Router({ prefix: '/api/teams' })
  teams.use('/:teamId/members', members.routes())

  const users = new Router({ prefix: '/users' })
  users.post('/', async (ctx) => {
    await work(ctx.req, check)
    ctx.status = 201
    ctx.body = { length: ctx.request.body.text.length }
  })
  users.get('/:userId', async (ctx) => {
    await work(ctx.req, check)
    ctx.body = { user: ctx.params.userId }
  })
  users.get('/:userId/failure', async (ctx) => {
    await work(ctx.req, check)
    throw new Error('no such user')
  })
  const others = new Router()
  others.get('/stream', (ctx) => {
    const source = Readable.from(['a', 'b', 'c'])
    source.on('data', () => check(ctx.req, 'while streaming'))
    ctx.res.on('finish', () => check(ctx.req, 'when finished'))
    ctx.body = source
  })
  for (const router of [teams, users, others]) app.use(router.routes()).use(router.allowedMethods())
  return createServer(app.callback()).listen(0, '127.0.0.1')
}
