import type { ResultColumn } from '../model/trace.ts'
import type { Aside } from './aside.ts'
import { connectionOf } from './connection.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { ServerAddress } from './message.ts'
import { wrapPgliteStatements, wrapPgliteTypes } from './pglite-statements.ts'
import { wrapPgliteTransaction } from './pglite-transaction.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's own objects
type Any = any

/**
 * PGlite, PostgreSQL in the process, on one connection. Everything arrives at `query` and `exec` of its class, but for
 * what is sent in a transaction: the object for that is made anew each time, so its methods are wrapped on it.
 */
export const pglite: Instrumentation = {
  module: '@electric-sql/pglite',
  versions: '>=0.5.0 <0.6',
  dialect: 'postgresql',
  via: 'patch',
  files: { import: ['dist/index.js'], require: ['dist/index.cjs'] },
  columnsOf,
  addressOf,
  openAside,
  asideKeyOf: (through) => `pglite ${connectionOf(through)}`,
  matches: (exports) => isDatabase((exports as Any).PGlite?.prototype),
  patch(exports, driver) {
    const { prototype } = (exports as Any).PGlite
    wrapPgliteStatements(prototype, driver)
    wrapPgliteTransaction(prototype, driver)
    wrapPgliteTypes(prototype)
  },
}

function isDatabase(prototype: Any): boolean {
  return ['query', 'exec', 'transaction', 'execProtocolRaw'].every((name) => typeof prototype?.[name] === 'function')
}

/** There is one connection: asked is the application's own, while it has no transaction open. */
async function openAside(database: object, exports: unknown): Promise<Aside> {
  const serialize = (exports as Any)?.protocol?.serialize
  if (serialize === undefined) throw new Error('this version of PGlite does not show its protocol')
  return { driver: 'pglite', handle: { database, serialize } }
}

/** There is no server; the database is the one that PostgreSQL was told when it started. */
function addressOf(database: object): ServerAddress | undefined {
  const name: unknown = (database as Any).mod?.ENV?.PGDATABASE
  return typeof name === 'string' ? { database: name } : undefined
}

/** PGlite tells names and types, but not where a column comes from. */
function columnsOf(fields: unknown): readonly ResultColumn[] {
  return Array.isArray(fields) ? fields.map(({ name }: Any) => ({ name })) : []
}
