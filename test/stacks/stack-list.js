import { loadDriver } from './load-driver.js'

/** Engine that each driver talks to. */
const engines = {
  pg: 'PostgreSQL',
  postgres: 'PostgreSQL',
  '@electric-sql/pglite': 'PGlite',
  mysql2: 'MariaDB',
  mariadb: 'MariaDB',
  '@libsql/client': 'SQLite',
  libsql: 'SQLite',
  'better-sqlite3': 'SQLite',
  sqlite3: 'SQLite',
}

/** Drivers that are compiled, and so in a folder of their own: `npm ci --prefix test/native-sqlite`. */
const native = ['better-sqlite3', 'sqlite3']

const onKnex = ['pg', 'mysql2', 'better-sqlite3', 'sqlite3']
const onDrizzle = ['pg', 'postgres', '@electric-sql/pglite', 'mysql2', '@libsql/client']
const onPrisma = ['pg', 'mariadb', '@libsql/client']

/** Stacks of the matrix: the file of each, the package whose version is shown, and the drivers it runs on. */
const files = [
  { file: 'pg-client', package: 'pg', drivers: ['pg'] },
  { file: 'pg-pool', package: 'pg', drivers: ['pg'] },
  { file: 'pg-cursor', package: 'pg-cursor', drivers: ['pg'] },
  { file: 'pg-query-stream', package: 'pg-query-stream', drivers: ['pg'] },
  { file: 'postgres-js', package: 'postgres', drivers: ['postgres'] },
  { file: 'pglite', package: '@electric-sql/pglite', drivers: ['@electric-sql/pglite'] },
  { file: 'mysql2-pool', package: 'mysql2', drivers: ['mysql2'] },
  { file: 'mariadb-pool', package: 'mariadb', drivers: ['mariadb'] },
  { file: 'sqlite-sync', package: 'libsql', drivers: ['libsql'] },
  { file: 'sqlite-sync', package: 'better-sqlite3', drivers: ['better-sqlite3'] },
  { file: 'knex', package: 'knex', drivers: onKnex },
  { file: 'objection', package: 'objection', drivers: onKnex },
  { file: 'bookshelf', package: 'bookshelf', drivers: onKnex },
  { file: 'sequelize', package: 'sequelize', drivers: ['pg', 'mysql2', 'mariadb', 'sqlite3'] },
  { file: 'typeorm', package: 'typeorm', drivers: ['pg', 'mysql2', 'libsql', 'better-sqlite3'] },
  { file: 'kysely', package: 'kysely', drivers: ['pg', 'mysql2', 'libsql', 'better-sqlite3'] },
  { file: 'drizzle', package: 'drizzle-orm', drivers: onDrizzle },
  { file: 'mikro-orm', package: '@mikro-orm/core', drivers: ['pg', 'mysql2', 'mariadb', 'libsql'] },
  { file: 'prisma', package: '@prisma/client', drivers: onPrisma },
  { file: 'prisma-js', package: '@prisma/client', drivers: onPrisma },
  { file: 'slonik', package: 'slonik', drivers: ['pg'] },
]

/** One entry for each stack on each of its drivers. */
export const stacks = files.flatMap(({ drivers, ...stack }) =>
  drivers.map((driver) => ({ ...stack, driver, engine: engines[driver] })),
)

/** False for a stack whose driver has native code and was not installed. */
export function isInstalled({ driver }) {
  if (!native.includes(driver)) return true
  try {
    loadDriver(driver)
    return true
  } catch {
    return false
  }
}

/**
 * `cold`: the first request opens the pool, the others follow it one by one. `warm`: the pool was opened and used
 * outside any request; requests one by one. `contended`: warm, two connections, all requests at once.
 */
export const scenarios = ['cold', 'warm', 'contended']
