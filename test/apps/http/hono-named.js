import { routePath } from 'hono/route'
import { startHono } from './hono-app.js'

/** Hono with the one line that names scopes by their route. The preload hands `nameScope` over. */
export const start = (check) =>
  startHono(check, (app) => {
    const { nameScope } = globalThis
    app.use(async (c, next) => {
      await next()
      nameScope(`${c.req.method} ${routePath(c, -1)}`)
    })
  })
