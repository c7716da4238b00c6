import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOW_TO_GET_MYSQL } from './mysql-server.ts'
import { createDatabase, removeDatabase } from './stacks/database.js'
import { generatePrismaClients } from './stacks/prisma-client.js'
import { runStack, shortfalls } from './stacks/run-matrix.js'
import { type Engine, howToGet, type Stack, scenarios, stacks } from './stacks/stack-list.js'

const prismaShapes =
  'loop findFirst all resolvers transaction arrayTransaction helper returned built fluent include raw batched eager'

/** Shapes of each stack; a stack that quietly ran fewer would pass for the wrong reason. */
const shapes: Record<string, string> = {
  'pg-client': 'loop all resolvers callback callbackChain transaction helper config',
  'pg-pool': 'loop all resolvers callback callbackChain checkout checkoutCallback transaction helper raw',
  'pg-cursor': 'loop readAhead callback',
  'pg-query-stream': 'loop parent events',
  'postgres-js': 'loop all resolvers transaction reserve helper returned built unsafe raw cursor forEach inList',
  pglite: 'loop all resolvers transaction helper returned template raw',
  'mysql2-pool': 'loop execute all executeAll resolvers callback callbackChain checkout transaction helper raw stream',
  'mariadb-pool': 'loop execute all executeAll resolvers checkout transaction helper raw stream events',
  'sqlite-sync': 'loop get iterate prepared turns transaction helper raw',
  knex: 'loop first all resolvers transaction helper returned raw then stream eager',
  objection: 'loop findOne all resolvers transaction helper returned lazy fetchGraph raw eager',
  bookshelf: 'loop fetchOne count all resolvers transaction helper returned lazy load loadAll bluebird chain raw eager',
  sequelize: 'loop findOne all resolvers transaction helper returned graphql lazy lazyAll raw eager',
  typeorm: 'loop findOneBy builder all resolvers transaction helper returned graphql lazy lazyAll raw stream eager',
  kysely: 'loop takeFirst all resolvers transaction helper returned raw stream inList eager',
  drizzle: 'loop all resolvers transaction helper returned wrapped built relational prepared count raw inList eager',
  'mikro-orm': 'loop findOne all resolvers transaction helper lazy loadItems getResult raw eager builder graphql',
  'mikro-orm-7': 'loop findOne all resolvers transaction helper lazy loadItems getResult raw eager',
  prisma: prismaShapes,
  'prisma-js': prismaShapes,
  slonik: 'loop first all resolvers checkout transaction helper returned stream eager',
}

/** Shapes that a stack cannot run on a driver, by scenario or always; each says why in its file. */
const without: Record<string, string[]> = {
  'pg-client on pg': ['transaction contended'],
  'typeorm on libsql': ['stream', 'transaction contended'],
  'typeorm on better-sqlite3': ['stream', 'transaction contended'],
  'kysely on mysql2': ['eager'],
  'drizzle on mysql2': ['eager'],
  'drizzle on @libsql/client': ['transaction contended'],
  'prisma on @libsql/client': ['fluent contended', 'include contended', 'batched contended'],
  'prisma-js on @libsql/client': ['fluent contended', 'include contended', 'batched contended'],
}

// longer than `runStack` waits, which then says what it waited for
const STACK_MS = 120_000

const urls = new Map<Engine, string>()
const serverUrls: Record<Engine, string | undefined> = {
  PostgreSQL: process.env.NONPLUS_TEST_POSTGRES_URL,
  MariaDB: process.env.NONPLUS_TEST_MYSQL_URL,
  SQLite: '',
  PGlite: '',
}

beforeAll(async () => {
  if (serverUrls.PostgreSQL === undefined) throw new Error('NONPLUS_TEST_POSTGRES_URL must name a PostgreSQL server.')
  const engines = Object.entries(serverUrls) as [Engine, string | undefined][]
  const makes = engines.map(async ([engine, serverUrl]) => {
    if (serverUrl !== undefined) urls.set(engine, await createDatabase(engine, serverUrl))
  })
  await Promise.all([generatePrismaClients(), ...makes])
})

afterAll(() => {
  for (const url of urls.values()) removeDatabase(url)
})

describe.concurrent('statements keep their request and their line, and every loop is proven', () => {
  for (const stack of stacks) {
    const name = `${stack.file} on ${stack.driver}`
    const reason = reasonToSkip(stack)
    if (reason !== undefined) process.stderr.write(`\n!! SKIPPED: ${name}: ${reason}\n`)
    test.skipIf(reason !== undefined)(
      name,
      async () => {
        const cells = await runStack(stack, urls.get(stack.engine) as string)
        expect(cells.map(({ scenario, shape }) => `${shape} ${scenario}`)).toEqual(cellsOf(stack, without[name] ?? []))
        const short = cells.flatMap((cell) => {
          const counts = shortfalls(cell)
          const at = `${cell.shape} ${cell.scenario}`
          return counts.length === 0 ? [] : [`${at}: ${[...counts, ...cell.problems.slice(0, 3)].join('; ')}`]
        })
        expect(short).toEqual([])
      },
      STACK_MS,
    )
  }
})

function cellsOf({ file }: Stack, left: string[]): string[] {
  return scenarios.flatMap((scenario) =>
    (shapes[file] ?? '')
      .split(' ')
      .filter((shape) => !left.includes(shape) && !left.includes(`${shape} ${scenario}`))
      .map((shape) => `${shape} ${scenario}`),
  )
}

function reasonToSkip(stack: Stack): string | undefined {
  if (serverUrls[stack.engine] === undefined) return HOW_TO_GET_MYSQL
  return howToGet(stack)
}
