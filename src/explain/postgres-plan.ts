import type { Plan } from '../model/plan.ts'
import { defined, type Fields, fieldsOf, listOf, numberOf, textOf } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { postgresNode } from './postgres-node.ts'
import { unreadable } from './unreadable-plan.ts'

/**
 * Reads a plan of EXPLAIN (FORMAT JSON), as `[{ Plan }]`, `{ Plan }` or, as auto_explain writes it, with its
 * `Query Text`.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it has no `Plan`.
 */
export function postgresPlan(json: unknown, about: PlanOrigin = {}): Plan {
  const statement = fieldsOf(Array.isArray(json) ? json[0] : json)
  const plan = fieldsOf(statement?.Plan)
  if (statement === undefined || plan === undefined) throw unreadable('`{ "Plan": { … } }` of PostgreSQL', json)
  if (textOf(plan['Node Type']) === undefined) throw unreadable('a `Node Type` in the `Plan` of PostgreSQL', plan)
  const root = finishTree(postgresNode(plan))
  return {
    engine: 'postgres',
    serverVersion: about.serverVersion ?? '',
    format: 'pg-json',
    mode: about.mode ?? (root.loops === undefined ? 'plan' : 'analyze'),
    ...planParts(statement),
    fingerprint: planFingerprint(root, 'postgres'),
    root,
    warnings: [],
  }
}

function planParts(statement: Fields): Partial<Plan> {
  const jit = fieldsOf(statement.JIT)
  const serialization = numberOf(fieldsOf(statement.Serialization)?.Time)
  const settings = Object.entries(fieldsOf(statement.Settings) ?? {}).map(([name, value]) => [name, String(value)])
  const triggers = listOf(statement.Triggers).map((trigger) => ({
    name: textOf(trigger['Constraint Name']) ?? textOf(trigger['Trigger Name']) ?? '',
    ...defined({ relation: textOf(trigger.Relation) }),
    timeMs: numberOf(trigger.Time) ?? 0,
    calls: numberOf(trigger.Calls) ?? 0,
  }))
  return defined({
    planningTime: numberOf(statement['Planning Time']),
    executionTime: numberOf(statement['Execution Time']),
    settings: settings.length === 0 ? undefined : Object.fromEntries(settings),
    triggers: triggers.length === 0 ? undefined : triggers,
    jit:
      jit === undefined
        ? undefined
        : { functions: numberOf(jit.Functions) ?? 0, timeMs: numberOf(fieldsOf(jit.Timing)?.Total) ?? 0 },
    serialization: serialization === undefined ? undefined : { timeMs: serialization },
    queryId: queryIdOf(statement['Query Identifier']),
  })
}

/** A number that JSON.parse has rounded says nothing any more. */
function queryIdOf(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : textOf(value)
}
