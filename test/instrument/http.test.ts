import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { checksOfWork } from '../apps/http/work.js'
import { nodeVersions } from '../node-versions.ts'
import { type AppEnd, buildPreload, type ClosedScope, HttpApp } from './http-app.ts'

let preload: string
beforeAll(async () => {
  preload = await buildPreload()
})

/** Chunks of the parser are 64 KiB, so this body comes in two. */
const body = { text: 'x'.repeat(90_000) }
const rounds = 5

interface Exchange {
  readonly send: readonly [method: string, path: string, body?: unknown]
  readonly status: number
  readonly name: string
  /** Absent where the framework tells no route. */
  readonly route?: string
  readonly path: string
}

/** What every framework is asked, and the templates it was given. `undefined`: the framework does not tell this one. */
function exchangesOf(routes: Partial<Record<keyof typeof paths, string>>, options: { posted?: number } = {}): Exchange[] {
  return Object.entries(paths).map(([key, { send, status, path }]) => {
    const route = routes[key as keyof typeof paths]
    const name = `${send[0]} ${route ?? path}`
    return { send, status: options.posted !== undefined && send[0] === 'POST' ? options.posted : status, name, path, ...(route && { route }) }
  })
}

const paths = {
  user: { send: ['GET', '/users/42?page=2'], status: 200, path: '/users/:id' },
  head: { send: ['HEAD', '/users/43'], status: 200, path: '/users/:id' },
  post: { send: ['POST', '/users', body], status: 201, path: '/users' },
  member: { send: ['GET', '/api/teams/7/members/9'], status: 200, path: '/api/teams/:id/members/:id' },
  memberFailure: { send: ['GET', '/api/teams/7/members/9/failure'], status: 500, path: '/api/teams/:id/members/:id/failure' },
  userFailure: { send: ['GET', '/users/42/failure'], status: 500, path: '/users/:id/failure' },
  stream: { send: ['GET', '/stream'], status: 200, path: '/stream' },
  nowhere: { send: ['GET', '/nowhere/0d5ee3a0-51a4-4b11-bd41-5e31d6b2a4f7'], status: 404, path: '/nowhere/:id' },
} as const

console.log
