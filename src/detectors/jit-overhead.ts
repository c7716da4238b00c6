import { milliseconds, percent } from './number-words.ts'
import { overPlans } from './over-plans.ts'
import { definePlanDetector } from './plan-detector.ts'
import { count } from './plan-words.ts'

/** Compiling a statement takes a good part of running it. */
export const jitOverhead = definePlanDetector({
  kind: 'jit-overhead',
  summary: 'A statement of which PostgreSQL spends a good part of the time on compiling its expressions.',
  defaults: {
    /** Percent of the execution that compiling takes, from which it counts. */
    percent: 25,
    /** Milliseconds that compiling takes, from which it counts. */
    ms: 10,
  },
  judge(subject, options) {
    return overPlans(subject, ({ plan }) => {
      const { jit, executionTime, root } = plan
      if (jit === undefined || executionTime === undefined || executionTime <= 0) return []
      const part = Math.min(1, jit.timeMs / executionTime)
      if (jit.timeMs < options.ms || part * 100 < options.percent) return []
      const cost = root.totalCost === undefined ? undefined : Math.ceil((root.totalCost * 2) / 1_000) * 1_000
      const raise =
        cost === undefined ? '' : `, or raise jit_above_cost over the cost of such statements (${count(cost)})`
      return [
        {
          plan,
          node: root,
          confidence: 'proven' as const,
          evidence: 'actual' as const,
          title: `Compiling takes ${milliseconds(jit.timeMs)} of ${milliseconds(executionTime)}`,
          explanation: `PostgreSQL compiled ${count(jit.functions)} functions for this statement, which took ${milliseconds(jit.timeMs)}, ${percent(part)} of its execution. It is done anew for every execution.`,
          advice: { summary: `Turn jit off for this statement${raise}.`, ddl: ['SET LOCAL jit = off'] },
          share: part,
        },
      ]
    })
  },
})
