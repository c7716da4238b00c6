import type { Detector } from '../../src/detectors/detector.ts'
import type { PlanFinding } from '../../src/model/finding.ts'
import type { PlanNode } from '../../src/model/plan.ts'
import type { Trace } from '../../src/model/trace.ts'
import { changePlan } from '../change-plan.ts'

/** What a detector finds, with its defaults or with some of them changed. */
export function findWith(detector: unknown, trace: Trace, options: object = {}): PlanFinding[] {
  const { detect, defaults } = detector as Detector
  return detect(trace, { ...defaults, ...options }) as unknown as PlanFinding[]
}

/** The trace with each node of its plans changed. */
export function withNodes(trace: Trace, change: (node: PlanNode) => Partial<PlanNode> | undefined): Trace {
  return {
    ...trace,
    plans: (trace.plans ?? []).map((explained) => ({
      ...explained,
      plans: explained.plans.map((of) => ({ ...of, plan: changePlan(of.plan, change) })),
    })),
  }
}
