import { nodesOf, type PlanNode } from '../model/plan.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isCheap, isShort, SMALL_TABLE } from './plan-floor.ts'
import { clausesFor } from './plan-tables.ts'
import { count, rows } from './plan-words.ts'

interface Options {
  readonly partitions: number
  readonly discardRatio: number
}

/** Every partition of a table is read, because the condition does not say which ones it is about. */
export const partitionNotPruned = definePlanDetector({
  kind: 'partition-not-pruned',
  summary: 'Every partition of a table is read, because the condition does not say which ones it is about.',
  defaults: {
    /** Partitions that are read, at least. 4: fewer are not what partitions are made for. */
    partitions: 4,
    /** Rows read for each that is kept, where the partitions are read whole. 10: below, most of it was wanted. */
    discardRatio: 10,
  },
  judge(subject, options) {
    const claims = subject.plans.flatMap(({ plan }) =>
      nodesOf(plan.root)
        .filter(({ op, subplansRemoved = 0 }) => op === 'append' && subplansRemoved === 0)
        .flatMap((append) => judgeAppend(subject, plan, append, options)),
    )
    return claims.slice(0, 1)
  },
})

function judgeAppend(subject: PlanSubject, plan: PlanClaim['plan'], append: PlanNode, options: Options): PlanClaim[] {
  const scans = append.children.map(scanBelow).filter((scan) => scan !== undefined)
  const base = baseOf(scans)
  if (base === undefined || scans.length < options.partitions || scans.length < append.children.length) return []
  // without a condition, everything is asked for
  if (!scans.every(({ filter, indexCond, recheckCond }) => filter ?? indexCond ?? recheckCond)) return []
  if (isCheap(plan.root, append) || isShort(append, subject.executions.length)) return []
  const read = readBy(subject, scans)
  const kept = keptBy(scans)
  if (read < SMALL_TABLE || read < options.discardRatio * kept) return []
  return [claimOf(subject, plan, append, base, scans.length, { read, kept })]
}

function scanBelow(node: PlanNode): PlanNode | undefined {
  if (node.relation !== undefined && node.alias !== undefined) return node
  const [only, ...others] = node.children
  return only === undefined || others.length > 0 ? undefined : scanBelow(only)
}

/** PostgreSQL numbers the aliases of partitions: `events_1`, `events_2`. */
function baseOf(scans: readonly PlanNode[]): string | undefined {
  const bases = new Set(scans.map(({ alias = '' }) => /^(.+)_\d+$/.exec(alias)?.[1]))
  const relations = new Set(scans.map(({ relation }) => relation))
  const [base] = bases
  return bases.size === 1 && relations.size === scans.length ? base : undefined
}

function readBy({ tables }: PlanSubject, scans: readonly PlanNode[]): number {
  return scans.reduce((sum, scan) => {
    const { actualRows, rowsRemovedByFilter = 0, loops = 1, relation, planRows = 0 } = scan
    if (actualRows !== undefined) return sum + (actualRows + rowsRemovedByFilter) * loops
    const size = scan.op === 'seq-scan' ? tables.find(({ name }) => name === relation)?.rows : undefined
    return sum + (size ?? planRows)
  }, 0)
}

function keptBy(scans: readonly PlanNode[]): number {
  return scans.reduce((sum, { actualRows, planRows = 0, loops = 1 }) => sum + (actualRows ?? planRows) * loops, 0)
}

function claimOf(
  subject: PlanSubject,
  plan: PlanClaim['plan'],
  append: PlanNode,
  alias: string,
  partitions: number,
  { read, kept }: { readonly read: number; readonly kept: number },
): PlanClaim {
  const isActual = append.actualRows !== undefined
  const table = clausesFor(subject).sources.find((source) => source.alias === alias)?.table ?? alias
  return {
    plan,
    node: append,
    confidence: isActual ? 'proven' : 'likely',
    evidence: isActual ? 'actual' : 'plan',
    title: `All ${count(partitions)} partitions of ${table} are read: ${rows(read)} for ${count(kept)}`,
    explanation: `The condition leaves open which partitions of ${table} hold its rows, so all ${count(partitions)} are searched, and none was pruned. ${isActual ? 'These are the rows of an execution.' : "By the planner's estimate; nothing was executed."}`,
    advice: {
      summary: `Add the column that ${table} is partitioned by to the condition, so that only its partitions are read.`,
    },
    table,
  }
}
