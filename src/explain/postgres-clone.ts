import { quoteName } from '../sql/quote-name.ts'
import type { DatabaseStatistics, RelationStatistics } from './database-statistics.ts'
import { type PgliteDatabase, type PretendedFile, pgliteServer } from './pglite-server.ts'
import type { DatabaseDefinition } from './postgres-definition.ts'

/** Tables without rows in a PostgreSQL of this process, whose planner takes them for those that they were copied from. */
export interface PostgresClone {
  readonly database: PgliteDatabase
  /** Statements of the definition that failed: what they make is missing. */
  readonly failed: readonly string[]
  /** Runs something while tables are as short as they are, so that an index can be made of them. */
  whileShort<Value>(run: () => Promise<Value>): Promise<Value>
  readonly statistics: DatabaseStatistics
  /** Lets the next clone be made. */
  release(): void
}

interface Held {
  readonly key: string
  readonly pretended: readonly PretendedFile[]
  readonly failed: readonly string[]
}

let held: Held | undefined
let turn: Promise<void> = Promise.resolve()

/**
 * Makes tables and their statistics again in PGlite; undefined where that is not installed. There is one clone at a time:
 * who asks for another waits until this one is released. The same one again costs nothing.
 */
export async function postgresClone(
  definition: DatabaseDefinition,
  statistics: DatabaseStatistics,
): Promise<PostgresClone | undefined> {
  const before = turn
  let release = (): void => undefined
  turn = new Promise((resolve) => {
    release = resolve
  })
  await before
  try {
    const database = pgliteServer()
    if (database === undefined) {
      release()
      return undefined
    }
    const key = JSON.stringify([definition, statistics])
    if (held?.key !== key) held = await build(database, definition, statistics, key)
    const { failed, pretended } = held
    return {
      database,
      failed,
      statistics,
      release,
      async whileShort(run) {
        await database.restore(pretended)
        try {
          return await run()
        } finally {
          await database.pretend(pretended)
        }
      },
    }
  } catch (error) {
    held = undefined
    release()
    throw error
  }
}

async function build(
  database: PgliteDatabase,
  definition: DatabaseDefinition,
  statistics: DatabaseStatistics,
  key: string,
): Promise<Held> {
  await clear(database)
  const failed: string[] = []
  const run = async (text: string): Promise<void> => {
    await database.exec(text).catch(() => failed.push(text))
  }
  for (const schema of definition.schemas) await run(`create schema if not exists ${quoteName(schema, 'postgresql')}`)
  for (const { name, schema } of definition.extensions) {
    // those that are missing show where a column or an index needs them
    const home = quoteName(schema, 'postgresql')
    await database
      .exec(
        `create schema if not exists ${home}; create extension if not exists ${quoteName(name, 'postgresql')} schema ${home}`,
      )
      .catch(() => undefined)
  }
  // one by one is several times slower; a batch stops at its first error
  const batch = definition.statements.join(';\n')
  const isWhole = await database.exec(`begin; set local search_path = ''; ${batch}; commit`).then(
    () => true,
    () => false,
  )
  if (!isWhole) {
    await database.exec('rollback').catch(() => undefined)
    for (const statement of definition.statements) await run(statement)
  }
  const pretended = await applyStatistics(database, statistics)
  // else an index that is made of a table without rows would set what is known of the table to none, for good
  await database.exec('set track_counts = off')
  await applySettings(database, { ...statistics.settings, search_path: definition.searchPath })
  return { key, failed, pretended }
}

/** Drops all that a clone before has made. */
async function clear(database: PgliteDatabase): Promise<void> {
  await database.exec('reset all')
  const rows = await database.query(
    "select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'",
  )
  const drops = rows.map(({ name }) => `drop schema ${quoteName(String(name), 'postgresql')} cascade`)
  const extensions = await database.query("select extname as name from pg_extension where extname <> 'plpgsql'")
  const dropped = extensions.map(
    ({ name }) => `drop extension if exists ${quoteName(String(name), 'postgresql')} cascade`,
  )
  await database.exec([...dropped, ...drops, 'create schema public'].join(';\n'))
}

async function applyStatistics(
  database: PgliteDatabase,
  { relations }: DatabaseStatistics,
): Promise<readonly PretendedFile[]> {
  const rows = await database.query(
    `select n.nspname as schema, c.relname as name,
       case when c.relkind in ('r', 'm', 'i') then pg_relation_filepath(c.oid) end as path
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm', 'p', 'i')`,
  )
  const paths = new Map(rows.map(({ schema, name, path }) => [`${schema}.${name}`, path]))
  const [{ directory } = {}] = await database.query("select current_setting('data_directory') as directory")
  const known = relations.filter(({ schema, name }) => paths.has(`${schema}.${name}`))
  const calls = known.flatMap((relation) => [
    relationCall(relation),
    ...relation.columns.map((column) => columnCall(relation, column)),
  ])
  if (calls.length > 0) await database.exec(calls.map((call) => `select ${call}`).join(';\n'))
  const files = known.flatMap(({ schema, name, pages, currentPages = pages }) => {
    const file = paths.get(`${schema}.${name}`)
    return typeof file === 'string' ? [{ path: `${directory}/${file}`, pages: currentPages }] : []
  })
  await database.pretend(files)
  return files
}

function relationCall({ schema, name, pages, rows, allVisiblePages }: RelationStatistics): string {
  const visible = Math.min(allVisiblePages, pages)
  return `pg_catalog.pg_restore_relation_stats(${nameArguments(schema, name)}, 'relpages', ${pages}, 'reltuples', ${rows}::real, 'relallvisible', ${visible})`
}

function columnCall({ schema, name }: RelationStatistics, column: RelationStatistics['columns'][number]): string {
  const { correlation } = column
  const arrays = [
    ['most_common_vals', column.commonValues, 'text'],
    ['most_common_freqs', column.commonFrequencies, 'real[]'],
    ['histogram_bounds', column.histogram, 'text'],
    ['most_common_elems', column.commonElements, 'text'],
    ['most_common_elem_freqs', column.commonElementFrequencies, 'real[]'],
    ['elem_count_histogram', column.elementCounts, 'real[]'],
  ] as const
  const given = arrays.flatMap(([key, value, type]) =>
    value === undefined ? [] : [`'${key}', ${literal(value)}::${type}`],
  )
  return `pg_catalog.pg_restore_attribute_stats(${[
    nameArguments(schema, name),
    `'attname', ${literal(column.column)}::text, 'inherited', ${column.isInherited}`,
    `'null_frac', ${column.nullFraction}::real, 'avg_width', ${column.averageWidth}, 'n_distinct', ${column.distinct}::real`,
    ...given,
    ...(correlation === undefined ? [] : [`'correlation', ${correlation}::real`]),
  ].join(', ')})`
}

function nameArguments(schema: string, name: string): string {
  return `'schemaname', ${literal(schema)}::text, 'relname', ${literal(name)}::text`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

async function applySettings(database: PgliteDatabase, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await database.query('select pg_catalog.set_config($1, $2, false)', [name, value]).catch(() => undefined) // of another version
  }
}
