import type { Plan } from '../model/plan.ts'
import { milliseconds, percent } from './number-words.ts'
import { overPlans } from './over-plans.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { count, list, rows as rowsOf } from './plan-words.ts'

/** Rows that take longer to be written out than to be found. */
export const serialization = definePlanDetector({
  kind: 'serialization',
  summary: 'A statement of which the server spends a good part of the time on writing out its rows.',
  defaults: {
    /** Percent of the execution from which it counts. */
    percent: 30,
    /** Milliseconds from which it counts. */
    ms: 10,
  },
  judge(subject, options) {
    return overPlans(subject, ({ plan }) => {
      const spent = plan.serialization?.timeMs ?? 0
      const { executionTime = 0 } = plan
      if (executionTime <= 0 || spent < options.ms || spent * 100 < executionTime * options.percent) return []
      return [claimOf(subject, plan, spent, executionTime)]
    })
  },
})

/** Types of which a single value may be large. */
const wide = /^(jsonb?|text|bytea|xml|character varying|varchar)\b|\[\]$/i

function claimOf(subject: PlanSubject, plan: Plan, spent: number, executionTime: number): PlanClaim {
  const { root } = plan
  const given = root.actualRows === undefined ? 'the rows' : rowsOf(root.actualRows)
  const part = Math.min(1, spent / executionTime)
  const columns = wideColumns(subject, plan)
  const names = columns.length === 0 ? 'the large columns' : list(columns.slice(0, 4))
  return {
    plan,
    node: root,
    confidence: 'proven',
    evidence: 'actual',
    title: `Writing out ${given} takes ${milliseconds(spent)} of ${milliseconds(executionTime)}`,
    explanation: `${percent(part)} of the execution is spent on turning ${given} of ${count(root.output?.length ?? 0)} columns into what is sent, large values unpacked: no index makes that faster.`,
    advice: { summary: `Select only the columns and rows that are used: without ${names}, if they are not.` },
    share: part,
  }
}

/** Columns in the output that may hold large values, the widest types first. */
function wideColumns({ tables }: PlanSubject, { root }: Plan): string[] {
  const shown = new Set((root.output ?? []).map((text) => text.slice(text.lastIndexOf('.') + 1)))
  return tables.flatMap(({ name, columns }) =>
    columns.flatMap((column) => (wide.test(column.type) && shown.has(column.name) ? [`${name}.${column.name}`] : [])),
  )
}
