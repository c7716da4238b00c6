import type { CatalogTable, Plan } from '../model/plan.ts'
import { createIndex } from './index-ddl.ts'
import { definePlanDetector, type PlanClaim, type PlanSubject } from './plan-detector.ts'
import { SMALL_TABLE } from './plan-floor.ts'
import { clausesFor, indexLedBy, isSame } from './plan-tables.ts'
import { count, list, rows } from './plan-words.ts'

type ForeignKey = NonNullable<CatalogTable['foreignKeys']>[number]

/** Rows of a table are deleted or renamed, and those that refer to them are looked for without an index. */
export const fkWithoutIndex = definePlanDetector({
  kind: 'fk-without-index',
  summary: 'Rows are deleted, or their keys changed, and what refers to them is looked for without an index.',
  defaults: {
    /** Percent of the time of a statement that the check of a foreign key takes, from which it is slow. 25: a quarter. */
    triggerPercent: 25,
  },
  judge(subject, { triggerPercent }) {
    const { kind } = subject.shape
    if (kind !== 'delete' && kind !== 'update') return []
    const [target] = clausesFor(subject).sources
    const [first] = subject.plans
    if (target === undefined || first === undefined) return []
    const unindexed = referencesTo(subject, target.table)
    const claims = unindexed.map(({ table, key }) => claimByCatalog(subject, first.plan, table, key, target.table))
    // what the catalog knows, it knows better than the name of a trigger
    return claims.length > 0 || referringTo(subject, target.table).length > 0
      ? claims
      : subject.plans.flatMap(({ plan }) => claimByTrigger(plan, target.table, triggerPercent)).slice(0, 1)
  },
})

/** Foreign keys of the tables in the catalog that refer to a table. */
function referringTo({ tables }: PlanSubject, target: string): { table: CatalogTable; key: ForeignKey }[] {
  return tables
    .flatMap((table) => (table.foreignKeys ?? []).map((key) => ({ table, key })))
    .filter(({ key }) => isSame(key.table.split('.').at(-1), target))
}

/** Those of large tables that have no index that leads with their columns, where what they refer to goes away. */
function referencesTo(subject: PlanSubject, target: string): { table: CatalogTable; key: ForeignKey }[] {
  const { kind, slots } = subject.shape
  const changed = slots.filter(({ clause }) => clause === 'set').map(({ column }) => column)
  const isGone = ({ references }: ForeignKey): boolean =>
    kind === 'delete' || references.some((column) => changed.some((one) => isSame(one, column)))
  return referringTo(subject, target)
    .filter(({ table: { rows: size = 0 }, key }) => size >= SMALL_TABLE && isGone(key))
    .filter(
      ({ table, key }) =>
        indexLedBy({ name: table.name, alias: table.name, catalog: table }, key.columns, false) === undefined,
    )
}

function claimByCatalog(
  { shape }: PlanSubject,
  plan: Plan,
  table: CatalogTable,
  { columns }: ForeignKey,
  target: string,
): PlanClaim {
  const verb = shape.kind === 'delete' ? 'deleted' : 'changed'
  const { name, schema, rows: size = 0 } = table
  const trigger = plan.triggers?.find((one) => columns.every((column) => one.name.includes(column)))
  const planTable = { name, alias: name, catalog: table, ...(schema === undefined ? {} : { schema }) }
  return {
    plan,
    node: plan.root,
    confidence: 'proven',
    evidence: trigger === undefined ? 'catalog' : 'actual',
    title: `Each row ${verb} in ${target} reads all ${rows(size)} of ${name}: no index on ${list(columns)}`,
    explanation: `${name}.${columns.join(', ')} refers to ${target}, so the database looks for rows of ${name} that still do so, once per row that is ${verb}, and reads ${name} whole. Its plan does not show it. By the catalog${trigger === undefined ? '' : `; in an execution, ${trigger.name} took ${count(trigger.timeMs)} ms in ${count(trigger.calls)} calls`}.`,
    advice: {
      summary: `Create an index on ${name} (${columns.join(', ')}), the foreign key to ${target}.`,
      ddl: [
        createIndex(
          planTable,
          columns.map((column) => ({ column })),
          plan.engine,
        ),
      ],
    },
    table: name,
    columns,
    share: trigger === undefined ? 1 : shareOf(plan, trigger.timeMs),
  }
}

function shareOf({ executionTime }: Plan, timeMs: number): number {
  return executionTime === undefined || executionTime <= 0 ? 1 : Math.min(1, timeMs / executionTime)
}

/** The constraint alone is known: PostgreSQL times its trigger. */
function claimByTrigger(plan: Plan, target: string, percent: number): PlanClaim[] {
  const slow = plan.triggers?.find(
    ({ timeMs, name }) =>
      timeMs >= 1 && /fk|fkey|foreign|RI_Constraint/i.test(name) && shareOf(plan, timeMs) * 100 >= percent,
  )
  if (slow === undefined || plan.executionTime === undefined) return []
  return [
    {
      plan,
      node: plan.root,
      confidence: 'likely',
      evidence: 'actual',
      title: `Checking ${slow.name} takes ${count(shareOf(plan, slow.timeMs) * 100)} % of the statement: ${count(slow.calls)} calls`,
      explanation: `For each row of ${target} that is changed, the database looks for rows that refer to it; that took ${count(slow.timeMs)} ms of ${count(plan.executionTime)} ms in an execution, as if they were looked for without an index.`,
      advice: { summary: `Create an index on the columns of the foreign key ${slow.name}, in the table that has it.` },
      expression: slow.name,
      share: shareOf(plan, slow.timeMs),
    },
  ]
}
