import type { Plan } from '../model/plan.ts'
import { mariadbBlock } from './mariadb-block.ts'
import { withCosts, withTimes } from './plan-draft.ts'
import { defined, fieldsOf, numberOf } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { unreadable } from './unreadable-plan.ts'

/**
 * Reads a plan of MariaDB: EXPLAIN FORMAT=JSON and ANALYZE FORMAT=JSON.
 *
 * MariaDB says what each table took for itself over all loops, and lists the tables of a join in the order they are read.
 * Its `r_rows` are per loop already, and those that were read; what is left of them is its `r_filtered`.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it has no `query_block`.
 */
export function mariadbPlan(json: unknown, about: PlanOrigin = {}): Plan {
  const given = fieldsOf(Array.isArray(json) ? json[0] : json)
  const block = fieldsOf(given?.query_block)
  if (given === undefined || block === undefined) throw unreadable('`{ "query_block": { … } }` of MariaDB', json)
  const draft = withTimes(withCosts(mariadbBlock(block), 'mysql'))
  const root = finishTree(draft)
  const executionTime = numberOf(block.r_total_time_ms)
  return {
    engine: 'mariadb',
    serverVersion: about.serverVersion ?? '',
    format: 'mariadb-json',
    mode: about.mode ?? (executionTime === undefined && root.loops === undefined ? 'plan' : 'analyze'),
    ...defined({ planningTime: numberOf(fieldsOf(given.query_optimization)?.r_total_time_ms), executionTime }),
    fingerprint: planFingerprint(root, 'mariadb'),
    root,
    warnings: [],
  }
}
