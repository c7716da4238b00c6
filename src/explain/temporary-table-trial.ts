import type { CatalogTable, Plan } from '../model/plan.ts'
import { nodesOf } from '../model/plan.ts'
import type { SideConnection, SideRow } from '../model/side-connection.ts'
import { beyondSamples } from './beyond-samples.ts'
import { type IndexCandidate, indexKeys } from './index-candidate.ts'
import type { IndexTrial, IndexUse, TrialOutcome } from './index-trial.ts'
import { endsEarly, mysqlCost, type SampledTable } from './mysql-cost.ts'
import { explainMysql } from './mysql-explain.ts'
import { type MysqlLimit, mysqlLimit } from './mysql-limit.ts'
import { withoutLocks } from './mysql-locking.ts'
import { inKnownMode } from './mysql-mode.ts'
import { MOST_ROWS } from './mysql-sample.ts'
import { withSession } from './mysql-session.ts'
import { MysqlShadow, readOnly, TRIAL_INDEX } from './mysql-shadow.ts'
import type { ExplainRequest } from './request.ts'
import { DEFAULT_TIMEOUT_MS } from './server-limits.ts'
import { type Query, queriesOf } from './sql-tree.ts'
import { unloggedSession } from './temporary-tables.ts'

/** A table below this is read faster than an index is looked up. */
const FEWEST_ROWS = 1000
/** Rows that are taken at most where much may be read. */
const MOST_ROWS_SCRATCH = 50_000
/** Nothing more is tried after this; what was found stands. */
const LONGEST_MS = 8_000
/** An index needs a length for these. */
const UNBOUNDED = /(text|blob)$|^json$|^geometry/

/** What is tried, and where. */
export interface TemporaryTableInput {
  readonly connection: SideConnection
  readonly request: ExplainRequest
  readonly plan: Plan
  readonly tables: readonly CatalogTable[]
  /** Whether larger samples may be taken. */
  readonly scratch: boolean
}

/**
 * Tries indexes of MySQL and MariaDB on a temporary table, which stands in the place of the application's for this
 * connection alone, and has a sample of its rows; undefined where none may be made, or the statement cannot be planned so.
 *
 * The costs are those of the whole table: rows of the plan with the index count as often as the table is larger.
 *
 * @throws the driver's error.
 */
export async function temporaryTableTrial(
  input: TemporaryTableInput,
  tree: Query | undefined,
): Promise<IndexTrial | undefined> {
  const { connection, tables, request, plan, scratch } = input
  const undo = await unloggedSession(connection)
  if (undo === undefined) return undefined
  const trial = new TemporaryTables(input, tree)
  try {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = request
    const limit = connection.engine === 'mariadb' ? `max_statement_time = ${timeoutMs / 1000}, ` : ''
    await connection.query(`SET SESSION ${limit}lock_wait_timeout = 1, innodb_lock_wait_timeout = 1`)
    for (const table of tables) await trial.add(table, scratch ? MOST_ROWS_SCRATCH : MOST_ROWS)
    if (!trial.isUsable) throw new Error('no table')
    await trial.count()
    return {
      by: 'temporary-table-clone',
      costBefore: trial.costOf(plan),
      supports: (candidate) => trial.supports(candidate),
      planWith: (candidates) => trial.planWith(candidates),
      planOf: (candidates, other) => trial.planOf(candidates, other),
      bytesOf: async () => undefined,
      close: async () => {
        await trial.close()
        await undo()
      },
    }
  } catch {
    await trial.close()
    await undo()
    return undefined
  }
}

class TemporaryTables {
  readonly #input: TemporaryTableInput
  /** By schema and name. */
  readonly #shadows = new Map<string, MysqlShadow>()
  /** Names and aliases of each table in the statement. */
  readonly #names: readonly { readonly table: string; readonly alias: string }[]
  readonly #limit: MysqlLimit | undefined
  /** Rows without LIMIT, by the sample. */
  #counted: number | undefined
  /** Indexes that could not be made: of a text that is too long. */
  readonly #failed = new Set<string>()
  readonly #deadline = performance.now() + LONGEST_MS
  /** How much dearer the table is than its scaled sample, by the tables that are shadowed. */
  readonly #corrections = new Map<string, number | undefined>()

  constructor(input: TemporaryTableInput, tree: Query | undefined) {
    this.#input = input
    this.#limit = mysqlLimit(input.request.text, input.request.values)
    const sources = tree === undefined ? [] : queriesOf(tree).flatMap(({ query }) => query.sources)
    this.#names = sources.flatMap(({ name, alias }) =>
      name === undefined ? [] : [{ table: name.toLowerCase(), alias: (alias || name).toLowerCase() }],
    )
  }

  get isUsable(): boolean {
    return this.#shadows.size > 0
  }

  async add(table: CatalogTable, most: number): Promise<void> {
    const { schema, name, rows = 0 } = table
    // a temporary table can be named once in a statement
    const uses = this.#names.filter((each) => each.table === name.toLowerCase())
    if (schema === undefined || rows < FEWEST_ROWS || uses.length !== 1) return
    const read = this.#readIn(this.#input.plan, uses[0]?.alias ?? name)
    const shadow = await MysqlShadow.of(this.#input.connection, schema, name, {
      rows: Math.max(rows, read),
      most,
    }).catch(
      () => undefined, // partitions, a full-text index, no privilege
    )
    if (shadow !== undefined) this.#shadows.set(placeOf(table), shadow)
  }

  /** The planner may know better than the catalog, which keeps its numbers for a day. */
  #readIn(plan: Plan, alias: string): number {
    const scans = nodesOf(plan.root).filter(
      ({ op, relation = '' }) => /^(seq-scan|index-full-scan)$/.test(op) && relation.toLowerCase() === alias,
    )
    return Math.max(0, ...scans.map(({ rowsExamined, planRows }) => rowsExamined ?? planRows ?? 0))
  }

  /** Where LIMIT ends the statement as soon as a filter has let enough through, that is counted, in the sample. */
  async count(): Promise<void> {
    const { connection, request, plan, tables } = this.#input
    const root = plan.root.op === 'limit' ? (plan.root.children[0] ?? plan.root) : plan.root
    const [table] = tables
    const shadow = table === undefined ? undefined : this.#shadows.get(placeOf(table))
    if (this.#limit === undefined || shadow === undefined || this.#names.length !== 1 || !endsEarly(root)) return
    const text = withoutLocks(this.#limit.before).text
    const counting = (): Promise<readonly SideRow[]> =>
      withSession(connection, request.session ?? [], () =>
        inKnownMode(connection, { ...request, text }, (known) => {
          const count = `SELECT COUNT(*) AS kept FROM (${known.text}\n) AS nonplus_kept`
          return readOnly(connection, () => connection.query(count, known.values ?? []))
        }),
      )
    const [row] = await shadow.during([], counting)
    const { total, sampled } = shadow.taken
    // where none is in the sample, there may be one less than it stands for
    this.#counted = (Math.max(1, Number(row?.kept)) * total) / sampled
  }

  supports(candidate: IndexCandidate): boolean {
    const { table, keys, include, predicate, method } = candidate
    if (!this.#shadows.has(placeOf(table)) || include.length > 0 || predicate !== undefined || method !== 'btree')
      return false
    if (performance.now() > this.#deadline) return false
    if (this.#failed.has(keyListOf(candidate)) || endsWithPrimaryKey(candidate)) return false
    return keys.every(({ text, isColumn }) => {
      if (!isColumn) return this.#input.connection.engine === 'mysql'
      const type = table.columns.find(({ name }) => name === text.replaceAll('`', ''))?.type ?? ''
      return !UNBOUNDED.test(type.toLowerCase())
    })
  }

  async planWith(candidates: readonly IndexCandidate[]): Promise<TrialOutcome | undefined> {
    if (performance.now() > this.#deadline) return undefined
    const tables = tablesOf(candidates)
    try {
      const plan = await this.#planned(tables, candidates)
      if (plan === undefined) return undefined
      const correction = await this.#correctionFor(tables)
      if (correction === undefined) return undefined
      const sampled = await this.#sampledFor(tables, candidates)
      const cost = this.costOf(plan, sampled) * correction
      return { cost, uses: candidates.map((_, at) => useOf(plan, at)) }
    } catch {
      for (const candidate of candidates) this.#failed.add(keyListOf(candidate))
      return undefined
    }
  }

  async planOf(candidates: readonly IndexCandidate[], request: ExplainRequest): Promise<Plan | undefined> {
    const tables = tablesOf(candidates)
    const plan = await this.#planned(tables, candidates, request).catch(() => undefined)
    return plan === undefined ? undefined : beyondSamples(plan, await this.#sampledFor(tables, []))
  }

  async #planned(
    tables: readonly CatalogTable[],
    candidates: readonly IndexCandidate[],
    request: ExplainRequest = this.#input.request,
  ): Promise<Plan | undefined> {
    const [table, ...others] = tables
    if (table === undefined) {
      const { connection } = this.#input
      const outcome = await explainMysql(connection, { ...request, mode: 'plan' })
      return 'plan' in outcome ? outcome.plan : undefined
    }
    const indexes = candidates.flatMap((candidate, at) =>
      placeOf(candidate.table) === placeOf(table)
        ? [`INDEX ${TRIAL_INDEX}${at} (${indexKeys(candidate, 'mysql')})`]
        : [],
    )
    return this.#shadows.get(placeOf(table))?.during(indexes, () => this.#planned(others, candidates, request))
  }

  /**
   * The sample should cost what the table costs, when its rows count as often; where it is cheaper, pages that are not in
   * memory, or texts that were cut, are the reason.
   */
  async #correctionFor(tables: readonly CatalogTable[]): Promise<number | undefined> {
    const key = tables.map(placeOf).join(' ')
    if (!this.#corrections.has(key)) {
      const plan = await this.#planned(tables, [])
      const cost = plan === undefined ? undefined : this.costOf(plan, await this.#sampledFor(tables, []))
      const before = this.costOf(this.#input.plan)
      this.#corrections.set(key, cost === undefined ? undefined : Math.max(1, before / Math.max(cost, 1e-9)))
    }
    return this.#corrections.get(key)
  }

  /** @param sampled tables of which the plan saw a sample; without, it is the plan of the application's. */
  costOf(plan: Plan, sampled?: ReadonlyMap<string, SampledTable>): number {
    return mysqlCost(plan, {
      sampled: sampled ?? new Map(),
      pagesOf: (relation) => this.#tableOf(relation)?.pages,
      isBefore: sampled === undefined,
      ...(this.#limit === undefined ? {} : { limit: this.#limit.rows }),
      ...(this.#counted === undefined ? {} : { counted: this.#counted }),
    })
  }

  #tableOf(relation: string): CatalogTable | undefined {
    const name = relation.toLowerCase()
    const table = this.#names.find(({ alias }) => alias === name)?.table ?? name
    return this.#input.tables.find((each) => each.name.toLowerCase() === table)
  }

  async #sampledFor(
    tables: readonly CatalogTable[],
    candidates: readonly IndexCandidate[],
  ): Promise<ReadonlyMap<string, SampledTable>> {
    const sampled = new Map<string, SampledTable>()
    for (const table of tables) {
      const shadow = this.#shadows.get(placeOf(table))
      if (shadow === undefined) continue
      const perValue = new Map<string, number | undefined>()
      for (const [at, candidate] of candidates.entries()) {
        if (placeOf(candidate.table) !== placeOf(table)) continue
        for (let length = 1; length <= candidate.keys.length; length++) {
          const columns = candidate.keys.slice(0, length).map(({ text }) => text)
          perValue.set(`${TRIAL_INDEX}${at} ${length}`, await shadow.rowsPerValue(columns))
        }
      }
      const alias =
        this.#names.find((each) => each.table === table.name.toLowerCase())?.alias ?? table.name.toLowerCase()
      sampled.set(alias, {
        total: shadow.taken.total,
        sampled: shadow.taken.sampled,
        rowsPerValue: (index, columns) => perValue.get(`${index} ${columns}`),
      })
    }
    return sampled
  }

  async close(): Promise<void> {
    for (const shadow of this.#shadows.values()) await shadow.drop().catch(() => undefined)
    this.#shadows.clear()
  }
}

function tablesOf(candidates: readonly IndexCandidate[]): CatalogTable[] {
  return [...new Map(candidates.map(({ table }) => [placeOf(table), table])).values()]
}

function placeOf({ schema, name }: CatalogTable): string {
  return `${schema}.${name}`
}

function keyListOf({ table, keys }: IndexCandidate): string {
  return [placeOf(table), ...keys.map(({ text }) => text)].join(' ')
}

/** InnoDB has the primary key at the end of every index. */
function endsWithPrimaryKey({ table, keys }: IndexCandidate): boolean {
  const primary = table.indexes.find(({ isPrimary }) => isPrimary)?.columns ?? []
  const last = keys.at(-1)
  return keys.length > 1 && primary.length === 1 && last?.text.replaceAll('`', '') === primary[0]
}

/** `partly` where rows that the index gives are thrown away by a filter. */
function useOf({ root }: Plan, at: number): IndexUse {
  const name = `${TRIAL_INDEX}${at}`
  const users = nodesOf(root).filter(({ index }) => index?.split(/[\s,()]+/).includes(name))
  if (users.length === 0) return 'none'
  return users.some(({ filter }) => filter !== undefined) ? 'partly' : 'fully'
}
