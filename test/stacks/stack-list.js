/** Stacks of the matrix: the file of each, and the package whose version is shown. */
export const stacks = [
  { file: 'pg-client', package: 'pg' },
  { file: 'pg-pool', package: 'pg' },
  { file: 'pg-cursor', package: 'pg-cursor' },
  { file: 'pg-query-stream', package: 'pg-query-stream' },
  { file: 'knex', package: 'knex' },
  { file: 'objection', package: 'objection' },
  { file: 'sequelize', package: 'sequelize' },
  { file: 'typeorm', package: 'typeorm' },
  { file: 'kysely', package: 'kysely' },
  { file: 'drizzle', package: 'drizzle-orm' },
  { file: 'mikro-orm', package: '@mikro-orm/core' },
  { file: 'prisma', package: '@prisma/client' },
  { file: 'prisma-js', package: '@prisma/client' },
]

/**
 * `cold`: the first request opens the pool, the others follow it one by one. `warm`: the pool was opened and used
 * outside any request; requests one by one. `contended`: warm, two connections, all requests at once.
 */
export const scenarios = ['cold', 'warm', 'contended']
