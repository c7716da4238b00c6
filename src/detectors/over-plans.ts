import type { ParameterPlan, Plan } from '../model/plan.ts'
import type { PlanClaim, PlanSubject } from './plan-detector.ts'
import { timeOf } from './plan-rows.ts'

/** Judges the plan of each class of parameters; what several of them have in common is said once, of the most frequent one. */
export function overPlans(subject: PlanSubject, judge: (of: ParameterPlan) => readonly PlanClaim[]): PlanClaim[] {
  const said = new Map<string, PlanClaim>()
  for (const of of subject.plans) {
    for (const claim of judge(of)) {
      const key = JSON.stringify([claim.table, claim.columns, claim.index, claim.expression])
      if (!said.has(key)) said.set(key, claim)
    }
  }
  return [...said.values()]
}

/** Below it, a statement is too cheap for its plan to matter: 1 ms, or a cost of 100 where it was only planned by PostgreSQL. */
export function isTrivial({ mode, executionTime, root }: Plan): boolean {
  if (mode !== 'plan') return (executionTime ?? timeOf(root) ?? 1) < 1
  return root.costUnit === 'pg' && (root.totalCost ?? 100) < 100
}
