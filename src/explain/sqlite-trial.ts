import type { CatalogTable, Plan } from '../model/plan.ts'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { quoted } from '../sql/quote-name.ts'
import { type IndexCandidate, indexDdl, indexName } from './index-candidate.ts'
import type { IndexTrial, TrialOutcome } from './index-trial.ts'
import type { ExplainRequest } from './request.ts'
import { dropSqliteCopy, type SqliteCopy, sqliteCopy } from './sqlite-copy.ts'
import { type SqliteCost, sqliteCost } from './sqlite-cost.ts'
import { sqlitePlan } from './sqlite-plan.ts'
import { placeholdersOf } from './sqlite-values.ts'

/** A table below this is read faster than an index is looked up. */
const FEWEST_ROWS = 1000

/**
 * Tries indexes in a copy of the schema, in memory, with a sample of the rows of each table of the plan and the statistics
 * of all; undefined where the driver cannot make one, or where it does not plan the statement as the database does.
 *
 * @throws the driver's error.
 */
export async function sqliteTrial(
  connection: SideConnection,
  request: ExplainRequest,
  tables: readonly CatalogTable[],
): Promise<IndexTrial | undefined> {
  try {
    const copy = await sqliteCopy(connection)
    if (copy === undefined) return undefined
    await copy.fill(tables)
    const trial = new CopyTrial(connection, copy, request)
    const before = await trial.explain()
    const isKnown = tables.every(({ statistics }) => !statistics.isMissing)
    return isKnown && !(await trial.plansAlike(before)) ? undefined : trialOf(trial, copy, before.cost)
  } catch (error) {
    await dropSqliteCopy(connection)
    throw error
  }
}

function trialOf(trial: CopyTrial, copy: SqliteCopy, costBefore: number): IndexTrial {
  return {
    by: 'sqlite-clone',
    costBefore,
    supports: ({ table, include, keys }) => {
      const isLarge = (copy.rowsOf(table.name) ?? 0) >= FEWEST_ROWS
      return include.length === 0 && isLarge && !copy.isRowid(table.name, keys[0]?.text ?? '')
    },
    planWith: (candidates) => trial.planWith(candidates),
    planOf: (candidates, asked) => trial.planOf(candidates, asked),
    bytesOf: async () => undefined,
    shareOf: (candidate) => trial.shareOf(candidate),
    // the next statement has the same tables, most likely
    close: async () => {},
  }
}

/** Plans of one statement in a copy. */
class CopyTrial {
  readonly #source: SideConnection
  readonly #copy: SqliteCopy
  readonly #request: ExplainRequest

  constructor(source: SideConnection, copy: SqliteCopy, request: ExplainRequest) {
    this.#source = source
    this.#copy = copy
    this.#request = request
  }

  async explain(): Promise<SqliteCost> {
    return this.#explainOn(this.#copy.memory)
  }

  async #explainOn(connection: SideConnection): Promise<SqliteCost> {
    return sqliteCost(await stepsOf(connection, this.#request), this.#copy.rows)
  }

  /** The same steps in the same order. */
  async plansAlike(before: SqliteCost): Promise<boolean> {
    const source = await this.#explainOn(this.#source)
    return source.details.join('\n') === before.details.join('\n')
  }

  planWith(candidates: readonly IndexCandidate[]): Promise<TrialOutcome | undefined> {
    return this.#with(candidates, async () => {
      const { cost, details } = await this.explain()
      const uses = candidates.map((candidate) => {
        const isUsed = details.some((detail) => detail.split(/\s+/).includes(indexName(candidate)))
        return isUsed ? ('partly' as const) : ('none' as const)
      })
      return { cost, uses }
    })
  }

  planOf(candidates: readonly IndexCandidate[], request: ExplainRequest): Promise<Plan | undefined> {
    return this.#with(candidates, async () => {
      const { memory } = this.#copy
      return sqlitePlan(await stepsOf(memory, request), { serverVersion: memory.serverVersion, mode: 'plan' })
    })
  }

  async #with<Value>(candidates: readonly IndexCandidate[], run: () => Promise<Value>): Promise<Value | undefined> {
    const made: string[] = []
    try {
      for (const candidate of candidates) made.push(await this.#make(candidate))
      await this.#copy.memory.query('analyze sqlite_master')
      return await run()
    } catch {
      return undefined
    } finally {
      for (const name of made) await this.#copy.drop(name)
    }
  }

  async #make(candidate: IndexCandidate): Promise<string> {
    const name = indexName(candidate)
    await this.#copy.memory.query(indexDdl(candidate, 'sqlite'))
    await this.#copy.memory.query(`analyze ${quoted(name)}`)
    const keys = candidate.keys.map(({ text }) => text)
    await this.#copy.scale(name, candidate.table.name, keys)
    return name
  }

  async shareOf({ table, predicate }: IndexCandidate): Promise<number | undefined> {
    const [row] = await this.#copy.memory.query(
      `select count(*) as all_, sum(${predicate}) as kept from ${quoted(table.name)}`,
    )
    return Number(row?.kept ?? 0) / Math.max(1, Number(row?.all_ ?? 0))
  }
}

/** Rows of EXPLAIN QUERY PLAN. */
function stepsOf(connection: SideConnection, { text, values }: ExplainRequest): Promise<readonly SideRow[]> {
  return connection.query(`EXPLAIN QUERY PLAN ${text}`, values ?? placeholdersOf(text).map(() => null))
}
