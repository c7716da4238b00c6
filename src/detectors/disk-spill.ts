import { nodesOf, type Plan, type PlanNode, type VerifiedIndex } from '../model/plan.ts'
import { kilobytesOf, memorySize } from './memory-size.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { count, triedWords } from './plan-words.ts'

/** A sort, or a hash table, that did not fit into memory. */
export const diskSpill = definePlanDetector({
  kind: 'disk-spill',
  summary: 'A sort, a hash table or a kept result that did not fit into memory and went through files.',
  defaults: {
    /** Kilobytes written to temporary files from which a kept result counts. 2048 are 256 blocks, as pgexplain has it. */
    temporaryKb: 2_048,
  },
  judge(subject, { temporaryKb }) {
    return overPlans(subject, ({ plan }) => {
      if (isTrivial(plan)) return []
      const spills = nodesOf(plan.root).flatMap((node) => spillOf(plan, node, temporaryKb) ?? [])
      const largest = spills.sort((a, b) => b.diskKb - a.diskKb)[0]
      return largest === undefined ? [] : [claimOf(subject, plan, largest, spills.length)]
    })
  },
})

interface Spill {
  readonly node: PlanNode
  readonly what: string
  /** Went through files; 0 where it was not told. */
  readonly diskKb: number
  /** `work_mem` with which it would not have. Absent where that cannot be told. */
  readonly neededKb?: number
  readonly how: string
}

function spillOf(plan: Plan, node: PlanNode, temporaryKb: number): Spill | undefined {
  return plan.engine === 'postgres'
    ? (sortSpill(node) ?? hashSpill(plan, node) ?? temporarySpill(node, temporaryKb))
    : passesOf(node)
}

/** A sort in memory takes about one and a half times what it takes in files: measured on PostgreSQL 18. */
function sortSpill(node: PlanNode): Spill | undefined {
  const { sort } = node
  if (sort?.disk !== true || sort.spaceKb === undefined) return undefined
  return {
    node,
    what: sortWords(node),
    diskKb: sort.spaceKb,
    neededKb: sort.spaceKb * 2,
    how: `${sort.method} of ${count(sort.spaceKb)} kB on disk`,
  }
}

function hashSpill(plan: Plan, node: PlanNode): Spill | undefined {
  const { batches = 1, peakKb = 0, diskKb = 0, originalBatches } = node.hash ?? {}
  if (batches <= 1 && diskKb === 0) return undefined
  const multiplier = hashMultiplier(plan)
  const grown = originalBatches !== undefined && originalBatches < batches ? `, planned as ${originalBatches}` : ''
  if (node.op === 'hash') {
    // all batches together are what it takes at once
    const writtenKb = temporaryKbOf(node) || peakKb * (batches - 1)
    const neededKb = (peakKb * batches) / multiplier
    return { node, what: 'A hash join', diskKb: writtenKb, neededKb, how: `${count(batches)} batches${grown}` }
  }
  // in memory a group takes about six times what it takes in files: measured on PostgreSQL 18
  const neededKb = (peakKb + diskKb * 6) / multiplier
  const how = `${count(batches)} batches, ${count(diskKb)} kB on disk`
  return { node, what: 'A hash aggregate', diskKb, neededKb, how }
}

/** A hash may take that many times work_mem: 2 since PostgreSQL 15. */
function hashMultiplier({ settings, serverVersion }: Plan): number {
  const set = Number(settings?.hash_mem_multiplier)
  if (set > 0) return set
  const major = Number.parseInt(serverVersion, 10)
  return major > 0 && major < 15 ? 1 : 2
}

/** Written by the node itself: blocks are printed with those of its children. */
function temporaryKbOf(node: PlanNode): number {
  const blocks = (each: PlanNode): number => each.buffers?.tempWritten ?? 0
  return Math.max(0, blocks(node) - node.children.reduce((sum, child) => sum + blocks(child), 0)) * 8
}

function temporarySpill(node: PlanNode, leastKb: number): Spill | undefined {
  const keeps = ['materialize', 'cte-scan', 'window', 'function-scan'].includes(node.op)
  const diskKb = temporaryKbOf(node)
  if (!keeps || diskKb < leastKb) return undefined
  const name = node.op === 'cte-scan' ? `The result of CTE ${node.source ?? node.alias ?? ''}`.trim() : 'A kept result'
  return { node, what: name, diskKb, neededKb: diskKb * 1.5, how: `${count(diskKb)} kB of temporary files` }
}

/** MariaDB counts how often it merged what it had written to files; how much that was it does not say. */
function passesOf(node: PlanNode): Spill | undefined {
  if (node.sort?.disk !== true) return undefined
  const passes = /\d+(?= sort pass)/.exec((node.notes ?? []).join('; '))?.[0]
  const buffer = node.sort.spaceKb === undefined ? '' : ` with a buffer of ${count(node.sort.spaceKb)} kB`
  const how = passes === undefined ? `merged through files${buffer}` : `${passes} merge passes${buffer}`
  return { node, what: sortWords(node), diskKb: 0, how }
}

function sortWords({ sortKey = [] }: PlanNode): string {
  return sortKey.length === 0 ? 'A sort' : `A sort by ${sortKey.join(', ')}`
}

function claimOf(subject: PlanSubject, plan: Plan, spill: Spill, spills: number): PlanClaim {
  const { node, what, how, neededKb } = spill
  const isSort = node.op === 'sort' || node.op === 'incremental-sort'
  const index = isSort ? subject.indexes.find(({ purpose }) => purpose === 'order') : undefined
  const setting = neededKb === undefined ? undefined : settingOf(plan, neededKb)
  const others = spills > 1 ? ` ${spills - 1} more ${spills === 2 ? 'node does' : 'nodes do'} so.` : ''
  const current = plan.settings?.work_mem
  const limit = plan.engine === 'postgres' ? ` with work_mem at ${current ?? 'its default'}` : ''
  return {
    plan,
    node,
    confidence: 'proven',
    evidence: index === undefined ? 'actual' : 'verified',
    title: `${what} went through files: ${how}`,
    explanation: `${what} did not fit into memory${limit}, as it was executed: ${how}.${others}${
      index === undefined ? '' : ` ${triedWords(index)}`
    }`,
    advice: adviceFor(spill, index, setting, isSort),
    ...(node.sortKey === undefined ? {} : { expression: node.sortKey.join(', ') }),
    ...(index === undefined ? {} : { table: index.table, columns: index.columns, verified: index }),
  }
}

interface Setting {
  readonly name: string
  readonly ddl: string
}

/** For the transaction alone: for a whole server it would be taken by every sort of every connection. */
function settingOf(plan: Plan, neededKb: number): Setting {
  const size = memorySize(Math.max(neededKb, (kilobytesOf(plan.settings?.work_mem ?? '') ?? 0) + 1))
  return { name: `work_mem to ${size}`, ddl: `SET LOCAL work_mem = '${size}'` }
}

function adviceFor(
  { what }: Spill,
  index: VerifiedIndex | undefined,
  setting: Setting | undefined,
  isSort: boolean,
): PlanClaim['advice'] {
  const raise = `raise ${setting?.name ?? 'sort_buffer_size, until Sort_merge_passes stays as it is,'} for this statement`
  if (index !== undefined) {
    return {
      summary: `An index on ${index.table} (${index.columns.join(', ')}) gives the rows in order, so that nothing is sorted; or ${raise}.`,
      ddl: [index.ddl],
    }
  }
  const less = isSort
    ? 'or give the sort less: fewer columns, a LIMIT, an index in its order'
    : `or give it less: ${what === 'A hash join' ? 'filter before the join' : 'fewer rows and columns'}`
  return {
    summary: `${raise[0]?.toUpperCase()}${raise.slice(1)}, ${less}.`,
    ...(setting === undefined ? {} : { ddl: [setting.ddl] }),
  }
}
