import type { ResultColumn } from '../model/trace.ts'
import type { Instrumentation } from './instrumentation.ts'
import { addressOf } from './postgres-address.ts'
import { notePostgresDriver, openPostgresAside, postgresAsideKeyOf } from './postgres-aside.ts'
import { notePostgresClasses } from './postgres-options.ts'
import { wrapPostgresQuery } from './postgres-query.ts'

// biome-ignore lint/suspicious/noExplicitAny: a driver's exports, narrowed by the checks of each function
type Any = any

/**
 * postgres.js. A query is sent when it is awaited or executed, which its class does in one method; that class is in a
 * file of its own and is not exported, but every instance of the driver makes one.
 */
export const postgres: Instrumentation = {
  module: 'postgres',
  versions: '>=3.3.0 <4',
  dialect: 'postgresql',
  via: 'patch',
  files: { import: ['src/query.js', 'src/types.js'], require: ['cjs/src/query.js', 'cjs/src/types.js'] },
  columnsOf,
  addressOf,
  openAside: openPostgresAside,
  asideKeyOf: postgresAsideKeyOf,
  matches: (exports) => isQuery((exports as Any).Query) || isTypes(exports) || isDriver(exports) || isInstance(exports),
  patch(exports, driver) {
    const { Query, Builder } = classesOf(exports)
    notePostgresClasses(Query, Builder)
    if (isDriver(exports)) notePostgresDriver(exports)
    if (Query !== undefined) wrapPostgresQuery(Query.prototype, driver)
  },
}

function classesOf(exports: Any): { Query?: Any; Builder?: Any } {
  if (isQuery(exports.Query)) return { Query: exports.Query }
  if (isTypes(exports)) return { Builder: exports.Builder }
  // an instance connects at its first query, and this one is never sent
  const sql = isInstance(exports) ? exports : exports('postgres://localhost', { max: 1, no_subscribe: true })
  return { Query: sql``.constructor, Builder: sql({}, 'name').constructor }
}

function isTypes({ Builder, Identifier }: Any): boolean {
  return typeof Builder?.prototype?.build === 'function' && typeof Identifier === 'function'
}

function isQuery(value: Any): boolean {
  return ['handle', 'cursor', 'forEach', 'simple'].every((name) => typeof value?.prototype?.[name] === 'function')
}

function isDriver(value: Any): boolean {
  return (
    typeof value === 'function' && typeof value.PostgresError === 'function' && typeof value.toPascal === 'function'
  )
}

function isInstance(value: Any): boolean {
  return typeof value === 'function' && typeof value.PostgresError === 'function' && typeof value.unsafe === 'function'
}

/** Names and origins of the columns; `table` is 0 where one is computed. */
function columnsOf(fields: unknown): readonly ResultColumn[] {
  if (!Array.isArray(fields)) return []
  return fields.map(({ name, table, number }: Any) => (table > 0 ? { name, origin: `${table}.${number}` } : { name }))
}
