import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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

/**
 * Stacks of the matrix: the file of each, the package whose version is shown, and the drivers it runs on; for some, the
 * name that findings give it as an ORM, the folder
 * under test/ that their packages are in, and the oldest Node.
 */
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
  { file: 'knex', orm: 'knex', package: 'knex', drivers: onKnex },
  { file: 'objection', orm: 'objection', package: 'objection', drivers: onKnex },
  { file: 'bookshelf', orm: 'bookshelf', package: 'bookshelf', drivers: onKnex },
  { file: 'sequelize', orm: 'sequelize', package: 'sequelize', drivers: ['pg', 'mysql2', 'mariadb', 'sqlite3'] },
  { file: 'typeorm', orm: 'typeorm', package: 'typeorm', drivers: ['pg', 'mysql2', 'libsql', 'better-sqlite3'] },
  { file: 'kysely', orm: 'kysely', package: 'kysely', drivers: ['pg', 'mysql2', 'libsql', 'better-sqlite3'] },
  { file: 'drizzle', orm: 'drizzle', package: 'drizzle-orm', drivers: onDrizzle },
  { file: 'mikro-orm', orm: 'mikro-orm', package: '@mikro-orm/core', drivers: ['pg', 'mysql2', 'mariadb', 'libsql'] },
  {
    file: 'mikro-orm-7',
    orm: 'mikro-orm',
    package: '@mikro-orm/core',
    drivers: ['pg', 'mysql2'],
    folder: 'mikro-orm-7',
    node: 22,
  },
  { file: 'prisma', orm: 'prisma', package: '@prisma/client', drivers: onPrisma },
  { file: 'prisma-js', orm: 'prisma', package: '@prisma/client', drivers: onPrisma },
  { file: 'slonik', orm: 'slonik', package: 'slonik', drivers: ['pg'] },
]

/** One entry for each stack on each of its drivers. */
export const stacks = files.flatMap(({ drivers, ...stack }) =>
  drivers.map((driver) => ({ ...stack, driver, engine: engines[driver] })),
)

/** The Node that a stack runs on: this one, or a newer one from test/node-versions. */
export function nodeFor({ node = 0 }) {
  if (Number.parseInt(process.versions.node, 10) >= node) return process.execPath
  return fileURLToPath(new URL(`../node-versions/node_modules/node-${node}/bin/node`, import.meta.url))
}

/** How to get what a stack wants and is not installed; undefined where all is there. */
export function howToGet(stack) {
  if (!existsSync(nodeFor(stack))) return `Node ${stack.node}: npm ci --prefix test/node-versions`
  const { folder } = stack
  if (folder !== undefined && !existsSync(new URL(`../${folder}/node_modules`, import.meta.url)))
    return `npm ci --prefix test/${folder}`
  return native.includes(stack.driver) && !isLoadable(stack.driver) ? 'npm ci --prefix test/native-sqlite' : undefined
}

function isLoadable(driver) {
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
