import type { SideConnection } from '../model/side-connection.ts'
import { shareOf } from './hypopg-trial.ts'
import { type IndexCandidate, indexDdl } from './index-candidate.ts'
import type { IndexTrial, IndexUse } from './index-trial.ts'
import { postgresCost, postgresPlanOf } from './postgres-cost.ts'
import { postgresTransaction } from './postgres-transaction.ts'
import type { ExplainRequest } from './request.ts'
import { TRIAL_INDEXES, trialName, trialUse } from './trial-names.ts'

/** Building an index reads the whole table; it blocks those who write to it meanwhile. */
const LONGEST_BUILD_MS = 10_000

/** A process that was stopped between two statements must not go on blocking them: the server ends its connection. */
const LONGEST_IDLE_MS = 5_000

/**
 * Makes indexes really, in a transaction that is rolled back. While one is there, nobody can write to its table: only for
 * databases where that does not matter. Each is gone again as soon as the statement was planned with it, so a writer waits
 * for one set of indexes at most. A table that somebody is writing to is waited for no longer than 100 ms.
 *
 * @throws the driver's error.
 */
export async function rolledBackTrial(connection: SideConnection, request: ExplainRequest): Promise<IndexTrial> {
  const options = { isReadOnly: false, timeoutMs: LONGEST_BUILD_MS }
  const transaction = await postgresTransaction(connection, request, options)
  const made = <Value>(candidates: readonly IndexCandidate[], run: () => Promise<Value>): Promise<Value | undefined> =>
    transaction.attempt(async () => {
      for (const [at, candidate] of candidates.entries()) {
        const ddl = indexDdl(candidate, 'postgresql').replace('CREATE INDEX', `CREATE INDEX ${trialName(at)}`)
        await transaction.query(ddl)
      }
      return run()
    })
  try {
    await transaction.query(`set local idle_in_transaction_session_timeout = ${LONGEST_IDLE_MS}`)
    const before = postgresCost(await transaction.explain())
    return {
      by: 'rolled-back-index',
      costBefore: before.cost,
      supports: () => true,
      planWith: (candidates) =>
        made(candidates, async () => {
          const { cost, indexes } = postgresCost(await transaction.explain())
          const uses: IndexUse[] = []
          for (const [at] of candidates.entries()) {
            uses.push(trialUse(await transaction.query(TRIAL_INDEXES, [trialName(at)]), indexes))
          }
          return { cost, uses }
        }),
      planOf: (candidates, other) =>
        made(candidates, async () => postgresPlanOf(await transaction.explain(other), connection.serverVersion)),
      bytesOf: (candidate) =>
        made([candidate], async () => {
          const text =
            'select pg_catalog.pg_relation_size(c.oid) as bytes from pg_catalog.pg_class c where c.relname = $1'
          const [row] = await transaction.query(text, [trialName(0)])
          return row?.bytes === undefined ? undefined : Number(row.bytes)
        }),
      shareOf: (candidate) => shareOf(transaction, candidate),
      close: () => transaction.close(),
    }
  } catch (error) {
    await transaction.close()
    throw error
  }
}
