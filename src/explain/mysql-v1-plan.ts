import type { Plan } from '../model/plan.ts'
import { mysqlV1Block } from './mysql-v1-block.ts'
import { fieldsOf } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { unreadable } from './unreadable-plan.ts'

/**
 * Reads a plan of MySQL as EXPLAIN FORMAT=JSON prints it in version 1: `{ query_block }`.
 *
 * Its costs add up along the tables of a join and leave out subqueries: here each node has its own, over all its runs,
 * so that a subquery counts as often as it runs.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it has no `query_block`.
 */
export function mysqlV1Plan(json: unknown, about: PlanOrigin = {}): Plan {
  const given = fieldsOf(Array.isArray(json) ? json[0] : json)
  const block = fieldsOf(given?.query_block)
  if (block === undefined) throw unreadable('`{ "query_block": { … } }` of MySQL', json)
  const root = finishTree(mysqlV1Block(block))
  return {
    engine: 'mysql',
    serverVersion: about.serverVersion ?? '',
    format: 'mysql-json-v1',
    mode: about.mode ?? 'plan',
    fingerprint: planFingerprint(root, 'mysql'),
    root,
    warnings: [],
  }
}
