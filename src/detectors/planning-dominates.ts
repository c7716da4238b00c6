import { nodesOf, type Plan } from '../model/plan.ts'
import { milliseconds } from './number-words.ts'
import { overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { count } from './plan-words.ts'

/** A statement that takes longer to plan than to execute. */
export const planningDominates = definePlanDetector({
  kind: 'planning-dominates',
  summary: 'A statement that is sent often, and takes longer to plan than to execute.',
  defaults: {
    /** Executions in one scope from which it counts: planning once is what it takes. */
    threshold: 5,
    /** Milliseconds of planning from which it counts. */
    ms: 1,
  },
  judge(subject, { threshold, ms }) {
    const calls = callsOf(subject)
    if (calls < threshold) return []
    return overPlans(subject, ({ plan }) => {
      const { planningTime = 0, executionTime } = plan
      if (executionTime === undefined || planningTime < Math.max(ms, executionTime)) return []
      return isPlannedEachTime(subject, planningTime)
        ? [claimOf(subject, plan, { planningTime, executionTime, calls })]
        : []
    }).slice(0, 1)
  },
})

function callsOf({ executions, plans }: PlanSubject): number {
  return Math.max(
    executions.length,
    plans.reduce((sum, each) => sum + each.executions, 0),
  )
}

/** Where the application's executions took less than planning does, they were not planned: it prepares the statement. */
function isPlannedEachTime({ executions }: PlanSubject, planningTime: number): boolean {
  const times = executions.map(({ durationMs }) => durationMs).filter((duration) => duration > 0)
  const fastest = Math.min(...times)
  return times.length === 0 || fastest >= planningTime * 0.5
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length)
}

interface Numbers {
  readonly planningTime: number
  readonly executionTime: number
  readonly calls: number
}

function claimOf(subject: PlanSubject, plan: Plan, { planningTime, executionTime, calls }: Numbers): PlanClaim {
  const meanMs = meanOf(subject.executions.map(({ durationMs }) => durationMs).filter((duration) => duration > 0))
  const parts = Math.max(0, ...nodesOf(plan.root).map(({ op, children }) => (op === 'append' ? children.length : 0)))
  const partitions = parts >= 4 ? ` Its plan reads ${count(parts)} partitions, and every one of them is planned.` : ''
  const fewer = parts >= 4 ? ', and compare the partition key, so that fewer partitions are planned' : ''
  return {
    plan,
    node: plan.root,
    confidence: 'proven',
    evidence: 'actual',
    title: `Planning takes ${milliseconds(planningTime)}, executing ${milliseconds(executionTime)}, ${count(calls)} times`,
    explanation: `Of each execution, ${milliseconds(planningTime)} are spent on planning and ${milliseconds(executionTime)} on executing, and it was sent ${count(calls)} times.${partitions} Measured on a connection of its own, on which nothing was prepared.`,
    advice: {
      summary: `Prepare it, so that a connection plans it once (a name in pg, prepare: true in postgres.js)${fewer}.`,
    },
    share: planningTime / Math.max(planningTime + executionTime, meanMs),
  }
}
