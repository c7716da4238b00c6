import { betterSqlite3 } from './better-sqlite3.ts'
import type { Instrumentation } from './instrumentation.ts'
import { libsql } from './libsql.ts'
import { libsqlClient } from './libsql-client.ts'
import { mariadb } from './mariadb.ts'
import { mssql } from './mssql.ts'
import { mysql2 } from './mysql2.ts'
import { neon } from './neon.ts'
import { nodeSqlite } from './node-sqlite.ts'
import { oracledb } from './oracledb.ts'
import { pg, pgPool } from './pg.ts'
import { pglite } from './pglite.ts'
import { postgres } from './postgres.ts'
import { sqlite3 } from './sqlite3.ts'
import { tedious } from './tedious.ts'

/** Every driver nonplus can hook. Adding one is a file and a line here; Neon's is before pg, which it looks like. */
export const instrumentations: readonly Instrumentation[] = [
  neon,
  pg,
  pgPool,
  pglite,
  postgres,
  mysql2,
  mariadb,
  mssql,
  tedious,
  oracledb,
  betterSqlite3,
  sqlite3,
  nodeSqlite,
  libsql,
  libsqlClient,
]

/**
 * Drivers that are known, but not hooked by this version: one that is loaded makes a coverage warning, because its
 * statements would otherwise be missing in silence.
 */
export const unsupportedDrivers: readonly string[] = ['mongodb', 'msnodesqlv8', 'mysql']
