/** A package beside which nonplus runs, and what there is to know about that. */
export interface KnownPackage {
  readonly name: string
  readonly topic: 'framework' | 'jobs' | 'messages' | 'ORM' | 'test runner' | 'loader' | 'beside'
  readonly text: string
}

const SCOPED = 'a scope per request, named by its route'
const KNOWN_CALLS = 'findings name its calls'
const HEARD = 'both see each statement, neither changes what the other sees'
const REQUIRE_HOOK = 'use nonplus run, or node --require nonplus/register (with --import, Node.js passes its hook by)'

/** What is looked for in a project beside drivers. */
export const instruments: readonly KnownPackage[] = [
  { name: 'express', topic: 'framework', text: SCOPED },
  { name: 'fastify', topic: 'framework', text: SCOPED },
  { name: 'koa', topic: 'framework', text: `${SCOPED} where @koa/router is used, else by its path` },
  { name: '@hapi/hapi', topic: 'framework', text: 'a scope per request' },
  { name: 'hono', topic: 'framework', text: 'a scope per request on @hono/node-server' },
  { name: '@nestjs/core', topic: 'framework', text: `${SCOPED}, on Express and Fastify` },
  { name: 'next', topic: 'framework', text: 'a scope per request' },
  { name: 'graphql', topic: 'framework', text: 'findings name the field whose resolver sent the statement' },
  { name: 'bullmq', topic: 'jobs', text: 'a scope per job' },
  { name: 'node-cron', topic: 'jobs', text: 'a scope per run' },
  { name: 'pg-boss', topic: 'jobs', text: 'a scope per call of a handler' },
  { name: 'socket.io', topic: 'messages', text: 'a scope per event' },
  { name: 'ws', topic: 'messages', text: 'a scope per message of a server' },
  { name: '@mikro-orm/core', topic: 'ORM', text: KNOWN_CALLS },
  { name: '@prisma/client', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'bookshelf', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'drizzle-orm', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'knex', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'kysely', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'objection', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'sequelize', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'slonik', topic: 'ORM', text: KNOWN_CALLS },
  { name: 'typeorm', topic: 'ORM', text: KNOWN_CALLS },
  {
    name: 'vitest',
    topic: 'test runner',
    text: 'assertions: nonplus/vitest; a scope per test: plugins: [nonplus()] of nonplus/vitest/plugin, or npx nonplus init',
  },
  {
    name: 'jest',
    topic: 'test runner',
    text: 'assertions: nonplus/jest; a scope per test: withNonplus() of nonplus/jest/config, or npx nonplus init',
  },
  {
    name: 'mocha',
    topic: 'test runner',
    text: 'assertions: nonplus/chai; a scope per test: mocha --require nonplus/mocha, or npx nonplus init',
  },
  { name: 'ts-node', topic: 'loader', text: REQUIRE_HOOK },
  { name: '@swc-node/register', topic: 'loader', text: REQUIRE_HOOK },
  { name: '@opentelemetry/instrumentation-pg', topic: 'beside', text: HEARD },
  { name: '@opentelemetry/instrumentation-mysql2', topic: 'beside', text: HEARD },
  { name: '@opentelemetry/auto-instrumentations-node', topic: 'beside', text: HEARD },
  { name: '@sentry/node', topic: 'beside', text: HEARD },
  { name: 'dd-trace', topic: 'beside', text: HEARD },
]
