import { type FoundPlan, readPlans } from '../../explain/read-plans.ts'
import { redactPlan } from '../../explain/redact-plan.ts'
import { dialectOf } from '../../model/engine-dialect.ts'
import type { NonplusError } from '../../model/errors.ts'
import type { ParameterPlan } from '../../model/plan.ts'
import type { Dialect } from '../../model/statement.ts'
import { statementOf } from '../../sql/statement.ts'
import type { Explained } from './explained-report.ts'

/**
 * Reads what somebody saved of plans. Those of one statement are told together, and of those that are alike the one that
 * took longest.
 *
 * @param text of the file.
 * @param statementFor the statement that was given with the file, for the grammar of its database; where there is none,
 *   that of each plan counts, as auto_explain writes it.
 * @param options.onBroken called for each plan of a log that cannot be read, where another can.
 * @throws NonplusError `ERR_PLAN_UNREADABLE`: what was expected, and where it broke.
 */
export function savedPlans(
  text: string,
  statementFor: (dialect: Dialect) => string | undefined,
  { values, onBroken }: { readonly values: boolean; readonly onBroken: (error: NonplusError) => void },
): Explained[] {
  const found = readPlans(text, {}, onBroken)
  const groups = new Map<string, { readonly text: string; readonly dialect: Dialect; readonly plans: FoundPlan[] }>()
  for (const [index, each] of found.entries()) {
    const dialect = dialectOf[each.plan.engine]
    const statement = statementFor(dialect) ?? each.statement ?? ''
    const key = statement === '' ? `plan ${index}` : statementOf(statement, dialect).fingerprint
    const group = groups.get(key) ?? { text: statement, dialect, plans: [] }
    group.plans.push(each)
    groups.set(key, group)
  }
  return [...groups.values()].map((group) => ({
    text: group.text,
    dialect: group.dialect,
    explained: { plans: alike(group.plans, values), tables: [], indexes: [] },
    refusals: [],
    ...(found.length === 1 ? {} : { line: (group.plans[0] as FoundPlan).line }),
  }))
}

/** One plan for each shape, the most frequent first. */
function alike(found: readonly FoundPlan[], values: boolean): ParameterPlan[] {
  const shapes = new Map<string, FoundPlan[]>()
  for (const each of found) shapes.set(each.plan.fingerprint, [...(shapes.get(each.plan.fingerprint) ?? []), each])
  return [...shapes.values()]
    .map((same) => {
      const [slowest] = [...same].sort((a, b) => (b.plan.executionTime ?? 0) - (a.plan.executionTime ?? 0))
      const { plan } = slowest as FoundPlan
      return { plan: values ? plan : redactPlan(plan), executions: same.length }
    })
    .sort((a, b) => b.executions - a.executions)
}
