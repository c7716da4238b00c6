import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { kilobytesOf, memorySize } from './memory-size.ts'
import { percent } from './number-words.ts'
import { isTrivial, overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim } from './plan-detector.ts'
import { count, rows as rowsOf } from './plan-words.ts'

/** A bitmap too large for its memory, so that whole pages are checked again. */
export const lossyBitmap = definePlanDetector({
  kind: 'lossy-bitmap',
  summary: 'A bitmap of rows that did not fit into memory, so that whole pages had to be checked row by row.',
  defaults: {
    /** Percent of its pages from which it counts. Fewer cost next to nothing. */
    percent: 10,
  },
  judge(subject, options) {
    return overPlans(subject, ({ plan }) =>
      isTrivial(plan) ? [] : nodesOf(plan.root).flatMap((node) => claimOf(plan, node, options.percent) ?? []),
    )
  },
})

/** Bytes that a page takes in a bitmap of PostgreSQL; 6,000 pages were exact with 384 kB, and lossy with 320 kB. */
const PAGE_BYTES = 64

function claimOf(plan: Plan, node: PlanNode, least: number): PlanClaim | undefined {
  const { lossyHeapBlocks: lossy = 0, exactHeapBlocks: exact = 0, loops = 1 } = node
  const pages = lossy + exact
  if (lossy === 0 || lossy * 100 < pages * least) return undefined
  // counted over all runs, while each has a bitmap of its own
  const neededKb = (Math.ceil(pages / Math.max(1, loops)) * PAGE_BYTES) / 1024
  const size = memorySize(Math.max(neededKb, (kilobytesOf(plan.settings?.work_mem ?? '') ?? 0) + 1))
  const table = node.relation ?? 'the table'
  const rechecked = (node.rowsRemovedByIndexRecheck ?? 0) * loops
  const removed = rechecked === 0 ? '' : ` ${rowsOf(rechecked)} of them did not fit and were thrown away.`
  return {
    plan,
    node,
    confidence: 'proven',
    evidence: 'actual',
    title: `${count(lossy)} of ${count(pages)} pages of ${table} were read without knowing which rows`,
    explanation: `The bitmap of the rows to read did not fit into work_mem (${
      plan.settings?.work_mem ?? 'its default'
    }), as it was executed: for ${percent(lossy / pages)} of the pages of ${table} it kept only the page, and every row in them was checked again.${removed}`,
    advice: {
      summary: `Raise work_mem to ${size} for this statement: the bitmap of ${count(pages)} pages then stays exact.`,
      ddl: [`SET LOCAL work_mem = '${size}'`],
    },
    ...(node.relation === undefined ? {} : { table: node.relation }),
  }
}
