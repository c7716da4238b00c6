import { nodesOf, type Plan, type PlanNode } from '../model/plan.ts'
import { overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, shareOf } from './plan-detector.ts'
import { count } from './plan-words.ts'

/** A parallel plan that did not get its workers. */
export const workersNotLaunched = definePlanDetector({
  kind: 'workers-not-launched',
  summary: 'A parallel plan for which the server had no workers left, so that fewer processes did the work.',
  defaults: {
    /** Milliseconds of execution from which it counts. */
    ms: 10,
  },
  judge(subject, { ms }) {
    return overPlans(subject, ({ plan }) => {
      if ((plan.executionTime ?? 0) < ms) return []
      const gathers = nodesOf(plan.root).flatMap((node) => claimOf(plan, node) ?? [])
      return gathers.slice(0, 1)
    })
  },
})

function claimOf(plan: Plan, node: PlanNode): PlanClaim | undefined {
  const { planned = 0, launched } = node.workers ?? {}
  if (launched === undefined || launched >= planned || node.neverExecuted === true) return undefined
  const limit = plan.settings?.max_parallel_workers
  const set = limit === undefined ? '' : ` max_parallel_workers is ${limit} here.`
  return {
    plan,
    node,
    confidence: 'proven',
    evidence: 'actual',
    title: `${count(launched)} of ${count(planned)} parallel workers were there`,
    explanation: `The plan was made for ${count(planned)} workers beside the leader, and ${count(launched)} ${launched === 1 ? 'was' : 'were'} launched, as it was executed: ${count(launched + 1)} ${launched === 0 ? 'process' : 'processes'} did the work of ${count(planned + 1)}.${set}`,
    advice: {
      summary:
        'Raise max_parallel_workers (and max_worker_processes) if the machine has cores to spare; else let the planner plan without them: max_parallel_workers_per_gather = 0.',
    },
    // what more processes would take off, at best
    share: shareOf(plan, node) * (1 - (launched + 1) / (planned + 1)),
    severity: 'warning',
  }
}
