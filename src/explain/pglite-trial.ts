import { nodesOf, type Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { DatabaseStatistics } from './database-statistics.ts'
import { type IndexCandidate, indexDdl } from './index-candidate.ts'
import { indexPages } from './index-size.ts'
import type { IndexTrial, IndexUse } from './index-trial.ts'
import { explainText } from './pglite-explain.ts'
import type { PgliteDatabase, PretendedFile } from './pglite-server.ts'
import { cloneWithStatistics } from './plan-with-statistics.ts'
import { type PostgresClone, postgresClone } from './postgres-clone.ts'
import { type PostgresCost, postgresCost, postgresPlanOf } from './postgres-cost.ts'
import { type DatabaseDefinition, readDefinition } from './postgres-definition.ts'
import { postgresTransaction } from './postgres-transaction.ts'
import { readStatistics } from './read-statistics.ts'
import type { ExplainRequest } from './request.ts'
import { TRIAL_INDEXES, trialName, trialUse } from './trial-names.ts'

/** A clone whose plan costs this much more or less is none. */
const TOLERANCE = 0.05

/**
 * Tries indexes in a clone of the schema and its statistics, in this process; undefined where PGlite is not installed, or
 * where the clone does not plan the statement as the database does.
 *
 * @param names tables that the statement names beside those of its plan: views, and parents of partitions.
 * @throws the driver's error.
 */
export async function pgliteTrial(
  connection: SideConnection,
  request: ExplainRequest,
  plan: Plan,
  names: readonly { readonly schema?: string; readonly name: string }[],
): Promise<IndexTrial | undefined> {
  const source = await readSource(connection, request, [...tablesOf(plan), ...names])
  const clone = await postgresClone(source.definition, source.statistics)
  if (clone === undefined) return undefined
  try {
    const before = await explainIn(clone.database, request)
    if (!isAlike(before.cost, source.cost)) {
      clone.release()
      return undefined
    }
    return trialOf(clone, request, before.cost, connection.serverVersion)
  } catch (error) {
    clone.release()
    throw error
  }
}

/**
 * Tries indexes where a statement is planned with the statistics of another database: nothing is there to compare the clone
 * with.
 *
 * @throws as {@link cloneWithStatistics}.
 */
export async function statisticsTrial(
  connection: SideConnection,
  request: ExplainRequest,
  statistics: DatabaseStatistics,
): Promise<IndexTrial> {
  const clone = await cloneWithStatistics(connection, statistics, request)
  try {
    const { cost } = await explainIn(clone.database, request)
    return trialOf(clone, request, cost, connection.serverVersion)
  } catch (error) {
    clone.release()
    throw error
  }
}

function tablesOf({ root }: Plan): { schema?: string; name: string }[] {
  return nodesOf(root).flatMap(({ schema, relation }) =>
    relation === undefined ? [] : [{ ...(schema === undefined ? {} : { schema }), name: relation }],
  )
}

interface CloneSource {
  readonly definition: DatabaseDefinition
  readonly statistics: DatabaseStatistics
  /** Without parallel workers, which a clone has not. */
  readonly cost: number
}

async function readSource(
  connection: SideConnection,
  request: ExplainRequest,
  names: readonly { readonly schema?: string; readonly name: string }[],
): Promise<CloneSource> {
  const transaction = await postgresTransaction(connection, request)
  try {
    await transaction.query('set local max_parallel_workers_per_gather = 0')
    const { cost } = postgresCost(await transaction.explain())
    const definition = await readDefinition(transaction, names)
    const statistics = await readStatistics(transaction, connection.serverVersion, definition.oids)
    return { cost, definition, statistics }
  } finally {
    await transaction.close()
  }
}

function isAlike(cost: number, sourceCost: number): boolean {
  return Math.abs(cost - sourceCost) <= sourceCost * TOLERANCE
}

function trialOf(clone: PostgresClone, request: ExplainRequest, costBefore: number, serverVersion: string): IndexTrial {
  const { database } = clone
  return {
    by: 'pglite',
    costBefore,
    supports: () => true,
    planWith: (candidates) =>
      made(clone, candidates, async () => {
        const { cost, indexes } = await explainIn(database, request)
        const uses: IndexUse[] = []
        for (const [at] of candidates.entries()) {
          uses.push(trialUse(await database.query(TRIAL_INDEXES, [trialName(at)]), indexes))
        }
        return { cost, uses }
      }),
    planOf: (candidates, other) =>
      made(clone, candidates, async () =>
        postgresPlanOf(await explainText(database, other, 'format json'), serverVersion),
      ),
    bytesOf: async (candidate) => {
      const pages = pagesOf(clone, candidate)
      return pages === undefined ? undefined : pages * 8192
    },
    shareOf: ({ table, predicate }) =>
      made(clone, [], async () => {
        const name = [table.schema ?? 'public', table.name].map((part) => quoteName(part, 'postgresql')).join('.')
        const from = `explain (format json) select 1 from ${name}`
        const all = postgresCost(await database.query(from))
        const kept = postgresCost(await database.query(`${from} where ${predicate}`))
        return kept.rows / Math.max(1, all.rows)
      }),
    close: async () => clone.release(),
  }
}

/** Runs something with indexes that are gone again when it has; undefined where that failed. */
async function made<Value>(
  clone: PostgresClone,
  candidates: readonly IndexCandidate[],
  run: () => Promise<Value>,
): Promise<Value | undefined> {
  const { database } = clone
  await database.exec('begin')
  try {
    await clone.whileShort(async () => {
      for (const [at, candidate] of candidates.entries()) await make(database, candidate, at)
    })
    const files = await filesOf(clone, candidates)
    await database.pretend(files)
    const value = await run()
    await database.restore(files)
    return value
  } catch {
    return undefined
  } finally {
    await database.exec('rollback')
  }
}

async function make(database: PgliteDatabase, candidate: IndexCandidate, at: number): Promise<void> {
  const { extension } = candidate
  if (extension !== undefined) await database.exec(`create extension if not exists ${extension} schema pg_catalog`)
  await database.exec(indexDdl(candidate, 'postgresql').replace('CREATE INDEX', `CREATE INDEX ${trialName(at)}`))
}

const FILE = "select current_setting('data_directory') || '/' || pg_relation_filepath($1::oid) as path"

async function filesOf(clone: PostgresClone, candidates: readonly IndexCandidate[]): Promise<PretendedFile[]> {
  const files: PretendedFile[] = []
  for (const [at, candidate] of candidates.entries()) {
    for (const row of await clone.database.query(TRIAL_INDEXES, [trialName(at)])) {
      const pages = pagesOf(clone, candidate, { schema: String(row.schema), name: String(row.table) })
      if (pages === undefined || row.kind !== 'i') continue
      const [file] = await clone.database.query(FILE, [String(row.oid)])
      files.push({ path: String(file?.path), pages })
    }
  }
  return files
}

/** Of an index of a table, or of that part of it which a part of the table has. */
function pagesOf(
  { statistics }: PostgresClone,
  candidate: IndexCandidate,
  { schema, name }: { readonly schema?: string; readonly name: string } = candidate.table,
): number | undefined {
  const table = statistics.relations.find((each) => each.name === name && (schema ?? each.schema) === each.schema)
  return table === undefined ? undefined : indexPages(candidate, table)
}

async function explainIn(database: PgliteDatabase, request: ExplainRequest): Promise<PostgresCost> {
  return postgresCost(await explainText(database, request, 'format json'))
}
