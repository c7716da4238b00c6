import type { Plan } from '../model/plan.ts'
import { type MysqlStep, mysqlDraft } from './mysql-steps.ts'
import type { PlanDraft } from './plan-draft.ts'
import { defined, type Fields, fieldsOf, listOf, numberOf, textOf, textsOf } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { unreadable } from './unreadable-plan.ts'

/**
 * Reads a plan of MySQL as EXPLAIN FORMAT=JSON prints it with `explain_json_format_version` 2, with or without ANALYZE:
 * `{ query_plan }`, or that object alone, as the manual shows it.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where it has no `operation`.
 */
export function mysqlV2Plan(json: unknown, about: PlanOrigin = {}): Plan {
  const given = fieldsOf(Array.isArray(json) ? json[0] : json)
  const plan = fieldsOf(given?.query_plan) ?? given
  if (given === undefined || plan === undefined || textOf(plan.operation) === undefined)
    throw unreadable('`{ "query_plan": { "operation": … } }` of MySQL', plan ?? json)
  const { inputs_from_select_list: selected, ...main } = plan
  const draft = mysqlDraft(stepOf(main), listOf(selected ?? []).map(headedOf))
  const root = finishTree(changing(draft, textOf(given.query_type)))
  return {
    engine: 'mysql',
    serverVersion: about.serverVersion ?? '',
    format: 'mysql-json-v2',
    mode: about.mode ?? (root.loops === undefined ? 'plan' : 'analyze'),
    fingerprint: planFingerprint(root, 'mysql'),
    root,
    warnings: [],
  }
}

/** MySQL has no plan in this format for a statement that changes one table: all it says is what kind it is. */
function changing(draft: PlanDraft, queryType: string | undefined): PlanDraft {
  const isUntold = draft.nodeType.startsWith('<not executable')
  if (!isUntold || queryType === undefined || queryType === 'select') return draft
  return { ...draft, op: 'modify-table', operation: queryType }
}

/** A heading stands above its step in TREE, and within it here. */
function headedOf(fields: Fields): MysqlStep {
  const heading = textOf(fields.heading)
  return heading === undefined ? stepOf(fields) : { label: heading, steps: [stepOf(fields)] }
}

function stepOf(fields: Fields): MysqlStep {
  const loops = numberOf(fields.actual_loops)
  const wasExecuted = 'actual_loops' in fields || 'actual_rows' in fields
  const actual = {
    lastMs: numberOf(fields.actual_last_row_ms) ?? 0,
    rows: numberOf(fields.actual_rows) ?? 0,
    loops: loops ?? 0,
  }
  const inputs = Object.keys(fields).filter((key) => key.startsWith('inputs'))
  return {
    label: textOf(fields.operation) ?? textOf(fields.access_type) ?? '?',
    more: moreOf(fields),
    startupCost: numberOf(fields.estimated_first_row_cost),
    totalCost: numberOf(fields.estimated_total_cost),
    rows: numberOf(fields.estimated_rows),
    actual: wasExecuted ? actual : undefined,
    steps: inputs.flatMap((key) => listOf(fields[key]).map(headedOf)),
  }
}

function moreOf(fields: Fields): Partial<PlanDraft> {
  const name = textOf(fields.table_name)
  const isMade = name?.startsWith('<') === true
  const limit = numberOf(fields.limit)
  const offset = numberOf(fields.limit_offset) ?? 0
  const covering = fields.covering === true ? true : undefined
  return defined({
    schema: isMade ? undefined : textOf(fields.schema_name),
    relation: isMade ? undefined : name,
    alias: textOf(fields.alias),
    index: textOf(fields.index_name),
    // The parts of the index that are used; a scan of all of it uses none.
    keyParts: textsOf(fields.key_columns),
    indexCond: textOf(fields.lookup_condition) ?? textsOf(fields.ranges)?.join(' OR '),
    recheckCond: textOf(fields.pushed_index_condition),
    filter: textOf(fields.condition),
    sortKey: textsOf(fields.sort_fields),
    covering,
    limit:
      limit === undefined || fields.access_type !== 'limit'
        ? undefined
        : { count: Math.max(0, limit - offset), ...(offset === 0 ? {} : { offset }) },
  })
}
