import { NonplusError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import type { DatabaseStatistics } from './database-statistics.ts'
import { readPostgresTree } from './pg-query-tree.ts'
import { explainText } from './pglite-explain.ts'
import { type PostgresClone, postgresClone } from './postgres-clone.ts'
import { type DatabaseDefinition, readDefinition } from './postgres-definition.ts'
import { postgresPlan } from './postgres-plan.ts'
import { postgresTransaction } from './postgres-transaction.ts'
import { namesIn } from './query-names.ts'
import { readSqlTree } from './read-sql-tree.ts'
import type { ExplainRequest } from './request.ts'

/**
 * The plan that a statement would have with the statistics of another database, as of production: on the schema of the
 * connection, in a clone in this process. Nothing is executed.
 *
 * @throws NonplusError `ERR_STATISTICS_INVALID` where the file knows a table of the statement not, or where
 *   `@electric-sql/pglite`, which holds the clone, is not installed.
 * @throws the driver's error.
 */
export async function planWithStatistics(
  connection: SideConnection,
  statistics: DatabaseStatistics,
  request: ExplainRequest,
): Promise<Plan> {
  const clone = await cloneWithStatistics(connection, statistics, request)
  try {
    const rows = await explainText(clone.database, request, 'format json, verbose, settings')
    const json = JSON.parse(String(Object.values(rows[0] ?? {})[0]))
    const [version] = await clone.database.query("select current_setting('server_version') as version")
    return postgresPlan(json, { serverVersion: String(version?.version).split(' ')[0] ?? '', mode: 'plan' })
  } finally {
    clone.release()
  }
}

/**
 * The clone of the schema that a statement is planned in so; to be released.
 *
 * @throws NonplusError and the driver's error, as {@link planWithStatistics}.
 */
export async function cloneWithStatistics(
  connection: SideConnection,
  statistics: DatabaseStatistics,
  request: ExplainRequest,
): Promise<PostgresClone> {
  if (connection.engine !== 'postgres')
    throw new NonplusError(
      'ERR_STATISTICS_INVALID',
      'Only a statement of PostgreSQL can be planned with the statistics of another database.',
    )
  const definition = await definitionFor(connection, request)
  const clone = await postgresClone(definition, forTables(statistics, definition))
  if (clone !== undefined) return clone
  throw new NonplusError(
    'ERR_STATISTICS_INVALID',
    'Planning with the statistics of another database needs @electric-sql/pglite: npm install --save-dev @electric-sql/pglite',
  )
}

async function definitionFor(connection: SideConnection, request: ExplainRequest): Promise<DatabaseDefinition> {
  const tree = (await readPostgresTree(request.text)) ?? readSqlTree(request.text, 'postgresql')
  const transaction = await postgresTransaction(connection, request)
  try {
    return await readDefinition(transaction, tree === undefined ? [] : namesIn(tree))
  } finally {
    await transaction.close()
  }
}

/** Those of the tables that are planned with; each must be known, or it would be planned as if it were empty. */
function forTables(statistics: DatabaseStatistics, { tables }: DatabaseDefinition): DatabaseStatistics {
  for (const { schema, name } of tables) {
    if (statistics.relations.some((relation) => relation.schema === schema && relation.name === name)) continue
    const others = statistics.relations.filter((relation) => relation.name === name).map((relation) => relation.schema)
    const hint = others.length === 0 ? '' : ` It knows ${name} in ${others.join(', ')}.`
    throw new NonplusError(
      'ERR_STATISTICS_INVALID',
      `The statistics have nothing on the table ${schema}.${name}, which the statement reads.${hint}`,
    )
  }
  return statistics
}
