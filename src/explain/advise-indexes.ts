import type { CatalogTable, Plan } from '../model/plan.ts'
import type { SideConnection } from '../model/side-connection.ts'
import { doubtedTables, walkedTables } from './advice-doubts.ts'
import type { Advised, AdvisorInput } from './advisor.ts'
import { type Choice, chooseIndexes, GATE, GATE_WHEN_SHOWN } from './choose-indexes.ts'
import type { DatabaseStatistics } from './database-statistics.ts'
import { hypopgTrial } from './hypopg-trial.ts'
import type { IndexCandidate } from './index-candidate.ts'
import { type CandidateSet, indexCandidates } from './index-candidates.ts'
import type { IndexTrial } from './index-trial.ts'
import { withoutLateCounts } from './late-counts.ts'
import { type PartitionRoots, partitionRoots } from './partition-roots.ts'
import { readPostgresTree } from './pg-query-tree.ts'
import { pgliteTrial, statisticsTrial } from './pglite-trial.ts'
import { planDemandTree } from './plan-demand-tree.ts'
import { namesIn } from './query-names.ts'
import { readSqlTree } from './read-sql-tree.ts'
import { rolledBackTrial } from './rolled-back-trial.ts'
import type { Query } from './sql-tree.ts'
import { sqliteTrial } from './sqlite-trial.ts'
import { demandsOf, type TableDemand } from './table-demand.ts'
import { temporaryTableTrial } from './temporary-table-trial.ts'

/** What indexes are looked for with. */
export interface AdviceInput extends AdvisorInput {
  /** Of another database, with which the plan was made: indexes are then tried with these alone. */
  readonly statistics?: DatabaseStatistics
}

/** A table below this is read faster than an index is looked up. */
const FEWEST_ROWS = 1000

/**
 * Finds the smallest set of indexes that makes a statement much cheaper, by planning it with them: with HypoPG, in a
 * clone of schema and statistics, in a temporary table with a sample, or with `scratch` by making them and rolling back. What
 * is not tried is not advised.
 *
 * @throws the driver's error, where the connection breaks.
 */
export async function adviseIndexes(input: AdviceInput): Promise<Advised> {
  const tree = await treeOf(input)
  const isOfOther = input.statistics !== undefined
  const checked = isOfOther ? input.tables : await withoutLateCounts(input.connection, input.tables)
  const roots = await partitionRoots(input.connection, checked)
  const sets = await setsFor(input, checked, roots, tree)
  const trials = trialsFor(input, tree)
  if (trials.length === 0) return { indexes: [], verifiedBy: 'none' }
  const choice = choiceOf(input, sets, roots)
  let verifiedBy: Advised['verifiedBy'] = 'none'
  for (const open of sets.length === 0 ? [] : trials) {
    const trial = await open().catch(() => undefined)
    if (trial === undefined) continue
    try {
      const { chosen, indexes } = await chooseIndexes(trial, choice)
      if (verifiedBy === 'none' && triesAll(trial, sets)) verifiedBy = trial.by
      if (indexes.length > 0) return { indexes, verifiedBy: trial.by, ...(await plansWith(trial, chosen, input)) }
      if (sets.flat().every((candidate) => trial.supports(candidate))) break
    } finally {
      await trial.close()
    }
  }
  return { indexes: [], verifiedBy }
}

/** Whether something was tried of each table that may want an index: else it is not known that none is any good. */
function triesAll(trial: IndexTrial, sets: readonly CandidateSet[]): boolean {
  const tried = sets.filter((set) => set.every((candidate) => trial.supports(candidate))).flat()
  return sets.flat().every(({ table }) => tried.some((candidate) => candidate.table === table))
}

async function plansWith(
  trial: IndexTrial,
  chosen: readonly IndexCandidate[],
  { request, batched }: AdviceInput,
): Promise<Pick<Advised, 'indexed' | 'batchedWithIndex'>> {
  if (batched === undefined) return {}
  const indexed = await trial.planOf?.(chosen, request)
  const batchedWithIndex = await trial.planOf?.(chosen, batched)
  return {
    ...(indexed === undefined ? {} : { indexed }),
    ...(batchedWithIndex === undefined ? {} : { batchedWithIndex }),
  }
}

/** Ways to try an index here, the best first. */
function trialsFor(
  { connection, request, plan, tables, scratch, statistics }: AdviceInput,
  tree: Query | undefined,
): (() => Promise<IndexTrial | undefined>)[] {
  if (statistics !== undefined) return [() => statisticsTrial(connection, request, statistics)]
  if (connection.engine === 'sqlite' && connection.clone !== undefined) {
    return [() => sqliteTrial(connection, request, tables)]
  }
  if (connection.engine === 'mysql' || connection.engine === 'mariadb') {
    return [() => temporaryTableTrial({ connection, request, plan, tables, scratch }, tree)]
  }
  if (connection.engine !== 'postgres') return []
  const trials = [
    () => hypopgTrial(connection, request),
    () => pgliteTrial(connection, request, plan, tree === undefined ? [] : namesIn(tree)),
  ]
  return scratch ? [...trials, () => rolledBackTrial(connection, request)] : trials
}

async function setsFor(
  input: AdviceInput,
  checked: readonly CatalogTable[],
  { tables, rootOf }: PartitionRoots,
  tree: Query | undefined,
): Promise<readonly CandidateSet[]> {
  const { connection, request, plan } = input
  const demands = demandsFor(input, tables, rootOf, tree)
  const doubted = new Set([...doubtedTables(plan, checked)].map(rootOf))
  const isWorthIt = ({ table }: TableDemand): boolean =>
    !doubted.has(table.name) && (table.rows === undefined || table.rows >= FEWEST_ROWS)
  const sets = indexCandidates(demands.filter(isWorthIt), request.dialect)
  return connection.engine === 'postgres' ? withExtensions(connection, sets) : sets
}

/** Without candidates whose extension the server has not, and without the wish for one that is installed. */
async function withExtensions(connection: SideConnection, sets: readonly CandidateSet[]): Promise<CandidateSet[]> {
  if (!sets.flat().some(({ extension }) => extension !== undefined)) return [...sets]
  const rows = await connection.query(
    'select name, installed_version as version from pg_catalog.pg_available_extensions',
  )
  const installed = new Map(rows.map(({ name, version }) => [String(name), version !== null]))
  const possible = sets.filter((set) =>
    set.every(({ extension }) => extension === undefined || installed.has(extension)),
  )
  return possible.map((set) =>
    set.map(({ extension, ...candidate }) =>
      extension === undefined || installed.get(extension) ? candidate : { ...candidate, extension },
    ),
  )
}

async function treeOf({ request: { text, dialect }, plan }: AdviceInput): Promise<Query | undefined> {
  return (plan.engine === 'postgres' ? await readPostgresTree(text) : undefined) ?? readSqlTree(text, dialect)
}

function demandsFor(
  { request, plan, values = false }: AdviceInput,
  tables: readonly CatalogTable[],
  rootOf: PartitionRoots['rootOf'],
  tree: Query | undefined,
): TableDemand[] {
  const context = { tables, dialect: request.dialect, values: request.values, keepsLiterals: values }
  const ofText = tree === undefined ? [] : demandsOf(tree, context)
  if (plan.engine !== 'postgres') return ofText
  return [...ofText, ...demandsOf(planDemandTree(plan, rootOf), withoutPlanLiterals(context))]
}

/** In a plan, parameters stand as literals. */
function withoutPlanLiterals(context: Parameters<typeof demandsOf>[1]): Parameters<typeof demandsOf>[1] {
  return { ...context, keepsLiterals: false }
}

function choiceOf({ request, plan }: AdviceInput, sets: readonly CandidateSet[], roots: PartitionRoots): Choice {
  const walked = walkedTables(plan)
  const isForWalk = (set: CandidateSet): boolean =>
    set.every(({ table, keys, purpose }) => walked.has(table.name) && purpose === 'order' && keys.length > 1)
  return {
    sets,
    dialect: request.dialect,
    // SQLite without statistics takes every table for a large one
    costBefore: plan.engine === 'postgres' ? plan.root.totalCost : undefined,
    isShown: plan.mode !== 'plan',
    conditionOf: plan.engine === 'postgres' ? conditionsOf(plan, roots) : () => undefined,
    gateOf: (set) => (isForWalk(set) ? GATE_WHEN_SHOWN : GATE),
  }
}

/** What stands in the plan, with literals: it is told to the server it came from, and to nobody else. */
function conditionsOf(
  plan: Plan,
  { tables, rootOf }: PartitionRoots,
): (table: string, key: string) => string | undefined {
  const context = { tables, dialect: 'postgresql', values: undefined, keepsLiterals: true } as const
  const demands = demandsOf(planDemandTree(plan, rootOf), context)
  return (table, key) =>
    demands.find((demand) => demand.table.name === table)?.fixed.find((each) => each.key.text === key)?.predicate
}
