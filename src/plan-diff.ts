import { identityOf } from './model/identity.ts'
import type { Plan } from './model/plan.ts'
import type { ReportPlan } from './model/report.ts'
import type { Change, PlanDiff } from './model/report-diff.ts'
import { causesOf } from './plan-causes.ts'
import { firstDifference } from './plan-difference.ts'
import { compareText } from './reporters/grouping.ts'

/** By so much more a plan of another shape is a regression: estimates are rough, and times are noise. */
const worseCost = 1.5
const worseTime = 2
/** Below this, in milliseconds, a time says nothing at all. */
const leastTimeMs = 1

/**
 * Statements that both runs have, and whose plans have another shape now; the worst first.
 *
 * @returns undefined where a side has no plans.
 */
export function diffPlans(
  before: readonly ReportPlan[] | undefined,
  after: readonly ReportPlan[] | undefined,
): PlanDiff[] | undefined {
  if (before === undefined || after === undefined) return undefined
  const old = new Map(before.map((one) => [one.fingerprint, one]))
  const changed = after.flatMap((now) => {
    const earlier = old.get(now.fingerprint)
    const isSame = earlier === undefined || earlier.plan.fingerprint === now.plan.fingerprint
    return isSame || earlier.plan.engine !== now.plan.engine ? [] : [describe(earlier, now)]
  })
  return changed.sort(
    (a, b) => ranks[a.change] - ranks[b.change] || factorOf(b) - factorOf(a) || compareText(a.identity, b.identity),
  )
}

const ranks: Readonly<Record<PlanDiff['change'], number>> = { regression: 0, improvement: 1, changed: 2 }
const kinds = { regression: 'plan-regression', improvement: 'plan-improvement', changed: 'plan-change' } as const

function describe(before: ReportPlan, after: ReportPlan): PlanDiff {
  const cost = costChange(before.plan, after.plan)
  const timeMs = timeChange(before.plan, after.plan)
  const change = judge(cost, timeMs)
  return {
    change,
    kind: kinds[change],
    identity: identityOf(kinds[change], [after.fingerprint]),
    fingerprint: after.fingerprint,
    summary: after.summary,
    scopes: after.scopes,
    causes: causesOf(before, after),
    ...(cost === undefined ? {} : { cost }),
    ...(timeMs === undefined ? {} : { timeMs }),
    before: before.plan,
    after: after.plan,
    node: firstDifference(before.plan.root, after.plan.root),
  }
}

function costChange({ root: before }: Plan, { root: after }: Plan): Change | undefined {
  if (before.totalCost === undefined || after.totalCost === undefined) return undefined
  return before.costUnit === after.costUnit ? { before: before.totalCost, after: after.totalCost } : undefined
}

function timeChange(before: Plan, after: Plan): Change | undefined {
  const [from, to] = [timeOf(before), timeOf(after)]
  return from === undefined || to === undefined ? undefined : { before: from, after: to }
}

function timeOf({ executionTime, isPartial, root }: Plan): number | undefined {
  if (isPartial === true) return undefined
  return executionTime ?? (root.actualTotalTime === undefined ? undefined : root.actualTotalTime * (root.loops ?? 1))
}

/** What was measured goes before what was estimated, where the two do not agree. */
function judge(cost: Change | undefined, time: Change | undefined): PlanDiff['change'] {
  const isTimed = time !== undefined && Math.max(time.before, time.after) >= leastTimeMs
  if (isTimed && time.after >= time.before * worseTime) return 'regression'
  if (isTimed && time.before >= time.after * worseTime) return 'improvement'
  if (cost === undefined) return 'changed'
  if (cost.after >= cost.before * worseCost) return 'regression'
  return cost.before >= cost.after * worseCost ? 'improvement' : 'changed'
}

function factorOf({ cost, timeMs }: PlanDiff): number {
  return Math.max(...[cost, timeMs].map((one) => (one === undefined ? 1 : one.after / Math.max(one.before, 0.01))))
}
