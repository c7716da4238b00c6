import { nodesOf, type Plan } from './model/plan.ts'
import type { ReportPlan } from './model/report.ts'
import type { PlanCause } from './model/report-diff.ts'
import { formatCount } from './reporters/quantity.ts'

/** A table that is a tenth larger is another table to a planner; less than that is noise of its statistics. */
const grownBy = 1.1
/** Estimates for a table that are so far apart come of other statistics. */
const otherEstimate = 2

/** Why the plan of a statement is not what it was, the most telling first; at least one. */
export function causesOf(before: ReportPlan, after: ReportPlan): PlanCause[] {
  const sizes = sizeCauses(before, after)
  const known = [
    ...indexCauses(before, after),
    ...sizes,
    ...settingCauses(before.plan, after.plan),
    ...serverCauses(before.plan, after.plan),
    ...(sizes.length > 0 ? [] : statisticsCauses(before.plan, after.plan)),
  ]
  if (known.length > 0) return known
  const text = 'indexes, sizes of tables, settings and server are as before; the statement or its values may not be'
  return [{ kind: 'shape', text }]
}

function indexCauses(before: ReportPlan, after: ReportPlan): PlanCause[] {
  // a side whose catalog could not be read knows no index at all
  if (before.indexes.length === 0 && after.indexes.length === 0) return []
  const used = new Set(nodesOf(before.plan.root).flatMap(({ index }) => index ?? []))
  const gone = before.indexes.filter((name) => !after.indexes.includes(name))
  const added = after.indexes.filter((name) => !before.indexes.includes(name))
  const isUsed = (name: string): boolean => used.has(indexOf(name))
  return [
    ...gone
      .toSorted((a, b) => Number(isUsed(b)) - Number(isUsed(a)))
      .map((name) => ({ kind: 'index-gone', text: `the index ${name} is gone` }) as const),
    ...added.map((name) => ({ kind: 'index-new', text: `the index ${name} is new` }) as const),
  ]
}

function indexOf(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

function sizeCauses({ tableRows: before }: ReportPlan, { tableRows: after }: ReportPlan): PlanCause[] {
  return Object.entries(after).flatMap(([table, rows]): PlanCause[] => {
    const earlier = before[table]
    if (earlier === undefined) return []
    const numbers = `from ${formatCount(earlier)} to ${formatCount(rows)} rows`
    if (rows >= Math.max(earlier, 1) * grownBy) return [{ kind: 'table-grew', text: `${table} grew ${numbers}` }]
    return earlier >= Math.max(rows, 1) * grownBy ? [{ kind: 'table-shrank', text: `${table} shrank ${numbers}` }] : []
  })
}

function settingCauses({ settings: before = {} }: Plan, { settings: after = {} }: Plan): PlanCause[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      kind: 'settings',
      text: `${name} was ${before[name] ?? 'the default'}, and is ${after[name] ?? 'the default'}`,
    }))
}

function serverCauses({ serverVersion: before }: Plan, { serverVersion: after }: Plan): PlanCause[] {
  if (before === after || before === '' || after === '') return []
  return [{ kind: 'server', text: `the server was ${before}, and is ${after}` }]
}

/** The same table, as large as it was, is taken for another part of it. */
function statisticsCauses(before: Plan, after: Plan): PlanCause[] {
  const [old, now] = [estimatesOf(before), estimatesOf(after)]
  return [...now].flatMap(([table, rows]): PlanCause[] => {
    const earlier = old.get(table)
    if (earlier === undefined) return []
    const [low, high] = [Math.min(rows, earlier), Math.max(rows, earlier)]
    if (high < Math.max(low, 1) * otherEstimate) return []
    const text = `the statistics of ${table} changed: ${formatCount(earlier)} rows were expected of it, and now ${formatCount(rows)}`
    return [{ kind: 'statistics', text }]
  })
}

/** Rows expected of each table that is read once; where it is read several times, or per row, they are not comparable. */
function estimatesOf({ root }: Plan): Map<string, number> {
  const estimates = new Map<string, number>()
  const twice = new Set<string>()
  for (const { relation, planRows, op, parentRelationship } of nodesOf(root)) {
    if (relation === undefined || planRows === undefined || op === 'modify-table') continue
    if (estimates.has(relation) || parentRelationship === 'inner') twice.add(relation)
    estimates.set(relation, planRows)
  }
  for (const table of twice) estimates.delete(table)
  return estimates
}
