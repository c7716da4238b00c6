import { beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from './stacks/database.js'
import { generatePrismaClient } from './stacks/prisma-client.js'
import { runStack, shortfalls } from './stacks/run-matrix.js'

const prismaShapes =
  'loop findFirst all resolvers transaction arrayTransaction helper returned built fluent include raw batched eager'

/** Shapes of each stack; a stack that quietly ran fewer would pass for the wrong reason. */
const shapes: Record<string, string> = {
  'pg-client': 'loop all resolvers callback callbackChain transaction helper config',
  'pg-pool': 'loop all resolvers callback callbackChain checkout checkoutCallback transaction helper raw',
  'pg-cursor': 'loop readAhead callback',
  'pg-query-stream': 'loop parent events',
  knex: 'loop first all resolvers transaction helper returned raw then stream eager',
  objection: 'loop findOne all resolvers transaction helper returned lazy fetchGraph raw eager',
  sequelize: 'loop findOne all resolvers transaction helper lazy lazyAll raw eager',
  typeorm: 'loop findOneBy builder all resolvers transaction helper lazy lazyAll raw stream eager',
  kysely: 'loop takeFirst all resolvers transaction helper returned raw stream eager',
  drizzle: 'loop all resolvers transaction helper returned wrapped built relational prepared count raw eager',
  'mikro-orm': 'loop findOne all resolvers transaction helper lazy loadItems builder raw eager',
  prisma: prismaShapes,
  'prisma-js': prismaShapes,
}

const sequentialOnly: Record<string, string> = { 'pg-client': 'transaction' }

const cells = Object.keys(shapes).flatMap((stack) =>
  ['cold', 'warm', 'contended'].map((scenario) => [stack, scenario] as const),
)

let databaseUrl = ''

beforeAll(async () => {
  const serverUrl = process.env.NONPLUS_TEST_POSTGRES_URL
  if (serverUrl === undefined) throw new Error('NONPLUS_TEST_POSTGRES_URL must be the URL of a PostgreSQL server.')
  generatePrismaClient()
  databaseUrl = await createDatabase(serverUrl)
})

describe.concurrent('statements keep their request and their line, and every loop is proven', () => {
  test.each(cells)('%s on a %s pool', async (stack, scenario) => {
    const seen = await runStack(stack, scenario, databaseUrl)
    const expected = (shapes[stack] ?? '').split(' ')
    const left = scenario === 'contended' ? sequentialOnly[stack] : undefined
    expect(seen.map(({ shape }) => shape)).toEqual(expected.filter((shape) => shape !== left))
    const short = seen.flatMap((cell) => {
      const counts = shortfalls(cell)
      return counts.length === 0 ? [] : [`${cell.shape}: ${[...counts, ...cell.problems.slice(0, 3)].join('; ')}`]
    })
    expect(short).toEqual([])
  })
})
