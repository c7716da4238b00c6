import type { Plan } from '../model/plan.ts'
import { type PlanDraft, withCosts } from './plan-draft.ts'
import { listOf, numberOf, textOf } from './plan-fields.ts'
import { planFingerprint } from './plan-fingerprint.ts'
import type { PlanOrigin } from './plan-origin.ts'
import { finishTree } from './plan-totals.ts'
import { type SqliteStep, sourceOf, sqliteStep } from './sqlite-step.ts'
import { unreadable } from './unreadable-plan.ts'

interface Row {
  readonly id: number
  readonly parent: number
  readonly cost: number | undefined
  readonly step: SqliteStep
  readonly rows: readonly Row[]
}

/**
 * Reads the rows of EXPLAIN QUERY PLAN, `{ id, parent, notused, detail }`.
 *
 * SQLite lists the loops of a join one below the other, and what sorts or groups them beside them; here they are a tree as
 * that of other engines: sorts above nested loops, subqueries below the loop that runs them. Cost is 2^(notused/10) where
 * that is not 0: undocumented, and of one run of a loop.
 *
 * @throws NonplusError `ERR_PLAN_UNREADABLE` where they are no such rows.
 */
export function sqlitePlan(rows: unknown, about: PlanOrigin = {}): Plan {
  const given = listOf(rows)
  const broken = given.find(({ detail, id }) => textOf(detail) === undefined || numberOf(id) === undefined)
  if (given.length === 0 || broken !== undefined)
    throw unreadable('rows of EXPLAIN QUERY PLAN, each with `id`, `parent` and `detail`', broken ?? rows)
  const made = new Set(given.flatMap(({ detail }) => sourceOf(textOf(detail) as string) ?? []))
  const children = new Map<number, Row[]>()
  for (const { id, parent, notused, detail } of given) {
    const own = childrenOf(children, numberOf(id) as number)
    const logEst = numberOf(notused) ?? 0
    const row = {
      id: numberOf(id) as number,
      parent: numberOf(parent) ?? 0,
      cost: logEst > 0 ? 2 ** (logEst / 10) : undefined,
      step: sqliteStep(textOf(detail) as string, made),
      rows: own,
    }
    childrenOf(children, row.parent).push(row)
  }
  const ids = new Set(given.map(({ id }) => numberOf(id)))
  const top = [...children].filter(([parent]) => !ids.has(parent)).flatMap(([, members]) => members)
  if (top.length === 0) throw unreadable('a row of EXPLAIN QUERY PLAN with `parent` 0', rows)
  const root = finishTree(withCosts(blockOf(top), 'logest'))
  return {
    engine: 'sqlite',
    serverVersion: about.serverVersion ?? '',
    format: 'sqlite-eqp',
    mode: about.mode ?? 'plan',
    fingerprint: planFingerprint(root, 'sqlite'),
    root,
    warnings: [],
  }
}

function childrenOf(children: Map<number, Row[]>, id: number): Row[] {
  const own = children.get(id) ?? []
  children.set(id, own)
  return own
}

/** Rows of one SELECT as one tree. */
function blockOf(rows: readonly Row[]): PlanDraft {
  const withRole = (role: SqliteStep['role']) => rows.filter((row) => row.step.role === role)
  const steps = withRole('step')
  if (steps.length > 0) return sortedBy(withRole('sort'), recursionOf(steps))
  const sources = new Map(withRole('source').map((row) => [row.step.draft.source ?? '', row]))
  const joined = loopsOf(rows, sources)
  const unread = [...sources.values()].map(sourceNode)
  const below = [...unread, ...withRole('subquery').map(wholeOf)]
  const core = joined ?? below.shift() ?? { op: 'result', nodeType: 'result', children: [] }
  return sortedBy(withRole('sort'), { ...core, children: [...core.children, ...below] })
}

/** The loops of a join, each within the one before it; a Bloom filter belongs to the next loop. */
function loopsOf(rows: readonly Row[], sources: Map<string, Row>): PlanDraft | undefined {
  let joined: PlanDraft | undefined
  let asides: PlanDraft[] = []
  for (const row of rows) {
    const { role } = row.step
    if (role === 'aside') asides.push({ ...wholeOf(row), parentRelationship: 'subquery' })
    if (role !== 'loop' && role !== 'members' && role !== 'heading') continue
    const node = nodeOf(row, sources)
    const loop = { ...node, children: [...node.children, ...asides] }
    joined = joined === undefined ? loop : joinOf(joined, loop)
    asides = []
  }
  return joined === undefined ? asides[0] : { ...joined, children: [...joined.children, ...asides] }
}

function recursionOf(steps: readonly Row[]): PlanDraft {
  const children = steps.map((row) => ({ ...wholeOf(row), parentRelationship: 'member' as const }))
  return { op: 'union', nodeType: 'recursive union', children }
}

function sourceNode(row: Row): PlanDraft {
  return { ...wholeOf(row), parentRelationship: 'subquery' }
}

/** The last that is listed is the last that is done. */
function sortedBy(sorts: readonly Row[], core: PlanDraft): PlanDraft {
  let whole = core
  for (const row of sorts) {
    const children = [{ ...whole, parentRelationship: 'outer' as const }, ...row.rows.map(wholeOf)]
    whole = { ...row.step.draft, ...ownCostOf(row), children }
  }
  return whole
}

/** A row with all below it; the CTE or view that it reads is moved there. */
function nodeOf(row: Row, sources: Map<string, Row>): PlanDraft {
  const { source } = row.step.draft
  const read = source === undefined || row.step.role !== 'loop' ? undefined : sources.get(source)
  const whole = wholeOf(row)
  if (source === undefined || read === undefined) return whole
  sources.delete(source)
  return { ...whole, children: [...whole.children, sourceNode(read)] }
}

function wholeOf(row: Row): PlanDraft {
  const { draft, role } = row.step
  if (row.rows.length === 0) return { ...draft, ...ownCostOf(row) }
  if (role !== 'members') return { ...draft, ...ownCostOf(row), children: [blockOf(row.rows)] }
  const members = row.rows.map((member) => ({ ...memberOf(member), parentRelationship: 'member' as const }))
  const relation = draft.op === 'index-merge' ? members[0]?.relation : undefined
  return { ...draft, ...(relation === undefined ? {} : { relation }), ...ownCostOf(row), children: members }
}

/** `INDEX 1` and `LEFT-MOST SUBQUERY` only head what is below them. */
function memberOf(row: Row): PlanDraft {
  return row.step.role === 'heading' && row.rows.length > 0 ? blockOf(row.rows) : wholeOf(row)
}

function joinOf(outer: PlanDraft, inner: PlanDraft): PlanDraft {
  return {
    op: 'nested-loop',
    nodeType: 'nested loop',
    joinType: inner.joinType ?? 'inner',
    children: [
      { ...outer, parentRelationship: 'outer' },
      { ...inner, parentRelationship: 'inner' },
    ],
  }
}

function ownCostOf({ cost }: Row): Pick<PlanDraft, 'ownCost'> {
  return cost === undefined ? {} : { ownCost: cost }
}
