import { createRequire } from 'node:module'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createProfiler, profile } from '../../src/profiler.ts'
import { createDatabase } from '../create-database.ts'

const require = createRequire(new URL('../apps/http/', import.meta.url))

interface App {
  inject(path: string): Promise<{ statusCode: number }>
}

const apps: [name: string, make: (handle: () => Promise<unknown>) => App][] = [
  [
    'fastify',
    (handle) => {
      const app = require('fastify')()
      app.get('/posts', handle)
      return app
    },
  ],
  [
    'hapi',
    (handle) => {
      const server = require('@hapi/hapi').server()
      server.route({ method: 'GET', path: '/posts', handler: handle })
      return server
    },
  ],
  [
    'hono',
    (handle) => {
      const { Hono } = require('hono')
      const app = new Hono()
      app.get('/posts', async (c: { json(value: unknown): unknown }) => c.json(await handle()))
      return { inject: async (path) => ({ statusCode: (await app.request(path)).status }) }
    },
  ],
]

test.each(apps)('%s: a request that is injected counts for the block around it', async (_name, make) => {
  const pool = new pg.Pool({ connectionString: await createDatabase('inject'), max: 2 })
  const app = make(async () => (await pool.query('select 1 as id')).rows)
  const scopes: string[] = []
  const profiler = createProfiler()
  profiler.onScope(({ scope }) => scopes.push(scope.name))
  const { result, report } = await profile('inject', () => app.inject('/posts'))
  profiler.stop()
  await pool.end()
  expect(result.statusCode).toBe(200)
  expect(scopes).toEqual(['inject'])
  expect(report.coverage).toMatchObject({ seen: 1, attributed: 1, withCallSite: 1 })
})
