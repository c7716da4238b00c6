import type { Plan, PlanNode } from '../model/plan.ts'
import { runsOf } from './plan-totals.ts'

/** A table that a plan saw only a sample of. */
export interface SampledTable {
  /** Rows of the table. */
  readonly total: number
  /** Rows of the sample; as many where all were taken. */
  readonly sampled: number
  /** Rows of the table for each value of the first columns of an index; undefined where that is not known. */
  rowsPerValue(index: string, columns: number): number | undefined
}

/** What a cost is reckoned with. */
export interface MysqlCostContext {
  /** By the name or alias that the plan has for it, in lower case. */
  readonly sampled: ReadonlyMap<string, SampledTable>
  /** Pages of a table, by the same. */
  pagesOf(relation: string): number | undefined
  /** Rows after which LIMIT ends the statement. */
  readonly limit?: number
  /** Rows there would be without LIMIT, where they were counted: estimates of what a filter leaves are guesses. */
  readonly counted?: number
  /** The plan of the application's tables, as it is: it is not made dearer than what the server prints. */
  readonly isBefore: boolean
}

interface Prices {
  readonly row: number
  readonly page: number
  readonly lookup: number
}

/** The defaults of each server, for what is in memory; a row that is looked up is a row and its page. */
const PRICES: Readonly<Record<'mysql' | 'mariadb', Prices>> = {
  mysql: { row: 0.1, page: 0.25, lookup: 0.35 },
  mariadb: { row: 0.2, page: 1, lookup: 1.2 },
}
/** `key_compare_cost` of MySQL. */
const COMPARISON = 0.05
const ENTRIES_PER_PAGE = 150

const blocking = new Set<PlanNode['op']>([
  'sort',
  'aggregate',
  'group',
  'distinct',
  'window',
  'temp-table',
  'union',
  'append',
  'materialize',
  'subquery-scan',
  'hash-join',
])
const accesses = new Set<PlanNode['op']>([
  'seq-scan',
  'index-scan',
  'index-only-scan',
  'index-range-scan',
  'index-full-scan',
  'index-lookup',
  'index-merge',
  'const',
])

/**
 * Cost of a plan of MySQL or MariaDB, in the unit of the server. What it prints counts where it prints any; else rows that
 * are read at its default prices. Where a table was only a sample, rows count as many times as the table is larger:
 * what an index finds costs then at least what it would cost, for one row of a sample may stand for none.
 */
export function mysqlCost({ engine, root }: Plan, context: MysqlCostContext): number {
  const walk = new Walk(PRICES[engine === 'mariadb' ? 'mariadb' : 'mysql'], engine === 'mysql', context)
  const { growth } = walk.visit(root, 1, 1, false)
  return walk.cost * earlyEnd(root, growth, context)
}

/** Part of the work that is done before LIMIT has enough. */
function earlyEnd(root: PlanNode, growth: number, { limit, counted, isBefore }: MysqlCostContext): number {
  if (limit === undefined) return 1
  const body = root.op === 'limit' ? (root.children[0] ?? root) : root
  if (!endsEarly(body)) return 1
  if (counted !== undefined) return Math.min(1, limit / Math.max(limit, counted))
  if (!isBefore && pipelineOf(body).some(isFiltered)) return 1
  return Math.min(1, limit / Math.max(1, (body.planRows ?? 1) * growth))
}

/** Whether LIMIT ends the reading itself, for nothing has to be read whole before there is a first row. */
export function endsEarly(node: PlanNode): boolean {
  return !pipelineOf(node).some(({ op }) => blocking.has(op))
}

function isFiltered({ joinFilter, filter, keyParts = [] }: PlanNode): boolean {
  if (joinFilter !== undefined) return true
  if (filter === undefined) return false
  // MariaDB repeats what it has looked up by
  const names = [...filter.matchAll(/\b\w+\.`?(\w+)/g)].map(([, name = '']) => name.toLowerCase())
  return names.length === 0 || names.some((name) => !keyParts.some((part) => part.toLowerCase() === name))
}

/** Without subqueries. */
function pipelineOf(node: PlanNode): PlanNode[] {
  const children = node.children.filter(
    ({ parentRelationship }) => parentRelationship !== 'subplan' && parentRelationship !== 'initplan',
  )
  return [node, ...children.flatMap(pipelineOf)]
}

class Walk {
  cost = 0
  readonly #prices: Prices
  readonly #isPrinted: boolean
  readonly #context: MysqlCostContext

  constructor(prices: Prices, isPrinted: boolean, context: MysqlCostContext) {
    this.#prices = prices
    this.#isPrinted = isPrinted
    this.#context = context
  }

  /**
   * @param runs of the node, by the plan.
   * @param grown runs there would be, in times of these.
   * @param isWithin rows around it decide what it reads.
   * @returns rows there would be, in times of those of the plan.
   */
  visit(node: PlanNode, runs: number, grown: number, isWithin: boolean): { readonly growth: number } {
    const own = accesses.has(node.op) ? this.#growthOf(node, isWithin) : 1
    let growth = grown * own
    for (const child of node.children) {
      const isLoop = node.op === 'nested-loop' && child.parentRelationship === 'inner'
      const isSubquery = child.parentRelationship === 'subplan' || child.parentRelationship === 'initplan'
      const times = runs * runsOf(child, node)
      const below = this.visit(
        child,
        times,
        isLoop || child.correlated ? growth : grown,
        isWithin || isLoop || child.correlated === true,
      )
      if (!isSubquery) growth = Math.max(growth, below.growth)
    }
    this.cost += this.#costOf(node, runs) * growth
    return { growth }
  }

  #costOf(node: PlanNode, runs: number): number {
    if (node.op === 'sort') return this.#sortCost(node)
    if (this.#isPrinted && node.self.cost !== undefined) return node.self.cost
    return accesses.has(node.op) ? runs * this.#accessCost(node) : 0
  }

  /** The server leaves it out of its costs. A sample that is sorted says how much longer an index would be of no use. */
  #sortCost({ children }: PlanNode): number {
    if (this.#context.isBefore) return 0
    const rows = Math.max(1, children[0]?.planRows ?? 1)
    return COMPARISON * rows * Math.log2(1 + Math.min(rows, this.#context.limit ?? rows))
  }

  #accessCost(node: PlanNode): number {
    const { row, page, lookup } = this.#prices
    const { op, relation = '', covering, index } = node
    const rows = Math.max(1, node.rowsExamined ?? node.planRows ?? 1)
    const isWhole = op === 'seq-scan' || (op === 'index-full-scan' && index === 'PRIMARY')
    // its rows grow with the table, and so do its pages
    const sample = this.#context.sampled.get(relation.toLowerCase())
    const share = sample === undefined ? 1 : sample.sampled / sample.total
    if (isWhole) return rows * row + (this.#context.pagesOf(relation) ?? rows / ENTRIES_PER_PAGE) * share * page
    return covering ? rows * row + (rows / ENTRIES_PER_PAGE) * page : rows * lookup
  }

  /** Rows of an access, in times of those of the plan. */
  #growthOf(node: PlanNode, isWithin: boolean): number {
    const { op, relation = '', index } = node
    const sample = this.#context.sampled.get(relation.toLowerCase())
    if (sample === undefined || op === 'const') return 1
    const { total, sampled } = sample
    const scale = Math.max(1, total / Math.max(1, sampled))
    const read = node.rowsExamined ?? node.planRows ?? sampled
    if (index === 'PRIMARY' && read <= 1) return 1
    const isWalk = op === 'index-full-scan' || op === 'index-scan'
    // LIMIT ends it: after as many rows in the table, unless a filter decides
    if (isWalk && read < sampled) return isFiltered(node) ? scale * (sampled / Math.max(1, read)) : 1
    const isByRow = op === 'index-lookup' && isWithin
    const found = isByRow ? sample.rowsPerValue(index ?? '', node.keyParts?.length ?? 1) : undefined
    return found === undefined ? scale : found / Math.max(1, read)
  }
}
