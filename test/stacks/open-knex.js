import { fileURLToPath } from 'node:url'
import Knex from 'knex'

/** Knex on a database, for itself and for what is built on it. */
export function openKnex({ driver, url }, max) {
  const connection = url.startsWith('file:') ? { filename: fileURLToPath(url) } : url
  return Knex({ client: driver, connection, useNullAsDefault: true, pool: { min: 0, max } })
}
