import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { quoteName } from '../sql/quote-name.ts'
import { type IndexCandidate, indexDdl } from './index-candidate.ts'
import type { IndexTrial } from './index-trial.ts'
import { postgresCost, postgresPlanOf, useOf } from './postgres-cost.ts'
import { type PostgresTransaction, postgresTransaction } from './postgres-transaction.ts'
import type { ExplainRequest } from './request.ts'

/**
 * Tries indexes that HypoPG only pretends; undefined where that extension is not installed in this database. The indexes
 * are known to this session alone, and forgotten after each plan.
 *
 * @throws the driver's error.
 */
export async function hypopgTrial(
  connection: SideConnection,
  request: ExplainRequest,
): Promise<IndexTrial | undefined> {
  const [extension] = await connection.query(
    "select n.nspname as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'hypopg'",
  )
  if (extension === undefined) return undefined
  const schema = quoteName(String(extension.schema), 'postgresql')
  const transaction = await postgresTransaction(connection, request)
  const hypopg = new Hypopg(transaction, schema)
  try {
    await hypopg.reset()
    const before = postgresCost(await transaction.explain())
    return trialOf(hypopg, before.cost, connection.serverVersion)
  } catch (error) {
    await hypopg.close()
    throw error
  }
}

function trialOf(hypopg: Hypopg, costBefore: number, serverVersion: string): IndexTrial {
  const { transaction } = hypopg
  return {
    by: 'hypopg',
    costBefore,
    // 1.3.1 and 1.4.4 fail with XX000 for gin and gist
    supports: ({ method }) => method === 'btree',
    planWith: (candidates) =>
      hypopg.with(candidates, async (made) => {
        const { cost, indexes } = postgresCost(await transaction.explain())
        return { cost, uses: made.map(({ indexname }) => useOf(indexes, String(indexname))) }
      }),
    planOf: (candidates, request) =>
      hypopg.with(candidates, async () => postgresPlanOf(await transaction.explain(request), serverVersion)),
    bytesOf: (candidate) =>
      hypopg.with([candidate], async ([made]) => {
        const text = `select ${hypopg.schema}.hypopg_relation_size($1::oid) as bytes`
        const [row] = await transaction.query(text, [String(made?.indexrelid)])
        return row?.bytes === undefined ? undefined : Number(row.bytes)
      }),
    shareOf: (candidate) => shareOf(transaction, candidate),
    close: () => hypopg.close(),
  }
}

/** The indexes that one session pretends to have. */
class Hypopg {
  readonly transaction: PostgresTransaction
  readonly schema: string

  constructor(transaction: PostgresTransaction, schema: string) {
    this.transaction = transaction
    this.schema = schema
  }

  async with<Value>(
    candidates: readonly IndexCandidate[],
    run: (made: readonly SideRow[]) => Promise<Value>,
  ): Promise<Value | undefined> {
    const value = await this.transaction.attempt(async () => {
      const made: SideRow[] = []
      for (const candidate of candidates) {
        const text = `select indexrelid, indexname from ${this.schema}.hypopg_create_index($1)`
        made.push(...(await this.transaction.query(text, [indexDdl(candidate, 'postgresql')])))
      }
      return run(made)
    })
    await this.reset()
    return value
  }

  async reset(): Promise<void> {
    await this.transaction.query(`select ${this.schema}.hypopg_reset()`)
  }

  async close(): Promise<void> {
    await this.reset().catch(() => undefined) // a broken transaction takes no statement
    await this.transaction.close()
  }
}

/** How much of a table a partial index would hold, as the planner sees it. */
export function shareOf(
  transaction: PostgresTransaction,
  { table, predicate }: IndexCandidate,
): Promise<number | undefined> {
  const schema = table.schema === undefined ? '' : `${quoteName(table.schema, 'postgresql')}.`
  const from = `explain (format json) select 1 from ${schema}${quoteName(table.name, 'postgresql')}`
  return transaction.attempt(async () => {
    const all = postgresCost(await transaction.query(from))
    const kept = postgresCost(await transaction.query(`${from} where ${predicate}`))
    return kept.rows / Math.max(1, all.rows)
  })
}
