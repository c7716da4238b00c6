import { nodesOf, type PlanNode } from '../model/plan.ts'
import { tableText } from './index-ddl.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { isShort } from './plan-floor.ts'
import { clausesFor, tableOf } from './plan-tables.ts'
import { count, rows } from './plan-words.ts'
import { distinctClaims } from './scan-claims.ts'

/** An index alone could answer, but the table was read all the same, because it was not vacuumed for long. */
export const heapFetches = definePlanDetector({
  kind: 'heap-fetches',
  summary: 'An index alone could answer, but the table was read all the same, because it was not vacuumed for long.',
  defaults: {
    /** Rows that were looked up in the table, at least. 10000: fewer take a millisecond or two, as in any table that is new. */
    fetches: 10_000,
    /** Percent of the rows. 40: below, most of the table is known to be visible, and the index pays. */
    percent: 40,
  },
  judge(subject, { fetches, percent }) {
    const claims = subject.plans.flatMap(({ plan }) =>
      nodesOf(plan.root)
        .filter(({ op, heapFetches = 0 }) => op === 'index-only-scan' && heapFetches >= fetches)
        .filter((node) => !isShort(node, subject.executions.length))
        .flatMap((node) => claimOf(subject, plan, node, percent)),
    )
    return distinctClaims(claims)
  },
})

function claimOf(subject: PlanSubject, plan: PlanClaim['plan'], node: PlanNode, percent: number): PlanClaim[] {
  const table = tableOf(subject, clausesFor(subject), node, plan.engine)
  const { heapFetches: fetched = 0, actualRows = 0, rowsRemovedByFilter = 0, loops = 1 } = node
  const entries = (actualRows + rowsRemovedByFilter) * loops
  if (table === undefined || fetched * 100 < percent * entries) return []
  const name = tableText(table, plan.engine)
  return [
    {
      plan,
      node,
      confidence: 'proven',
      evidence: 'actual',
      title: `${node.index ?? 'The index'} alone could answer, but ${count(fetched)} of ${rows(entries)} were fetched from ${table.name}`,
      explanation: `The index-only scan found ${rows(entries)}, and had to look ${count(fetched)} of them up in ${table.name}, since the visibility map does not say that everybody may see them: nothing has vacuumed these pages since they were written. These are the rows of an execution.`,
      advice: {
        summary: `Vacuum ${table.name}, and let autovacuum come by more often where much is written to it.`,
        ddl: [`VACUUM ${name}`],
      },
      table: table.name,
      ...(node.index === undefined ? {} : { index: node.index }),
    },
  ]
}
