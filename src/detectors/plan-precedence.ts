import type { Finding, PlanFinding, PlanKind } from '../model/finding.ts'

/**
 * Kinds whose advice changes how a table is read, the one that says it best first: of several that are about one table of
 * one statement, only the first stands. Others stand beside them.
 */
export const accessKinds: readonly PlanKind[] = [
  'cartesian-join',
  'dml-full-scan',
  'lock-rows-scan',
  'non-sargable',
  'leading-wildcard',
  'wrong-index-order-limit',
  'or-across-columns',
  'subplan-per-row',
  'not-in-subplan',
  'nested-loop-inner-scan',
  'index-column-order',
  'index-extend',
  'large-offset',
  'missing-index',
  'fk-without-index',
]

/**
 * Kinds that doubt what the planner knows of a table. They come first: what only rests on its estimates for this table is
 * left out beside them.
 */
export const statisticsKinds: readonly PlanKind[] = ['stale-statistics', 'mis-estimate']

/** What they doubt: advice that the estimates gave. */
const doubted: ReadonlySet<PlanKind> = new Set<PlanKind>([
  'partition-not-pruned',
  ...accessKinds.filter((kind) => kind !== 'cartesian-join' && kind !== 'fk-without-index' && kind !== 'large-offset'),
  'parameter-sensitive-plan',
])

/** Of two kinds about one statement, whatever the table: the first makes the second superfluous. */
export const supersedes: readonly (readonly [stronger: PlanKind, weaker: PlanKind])[] = [
  ['cartesian-join', 'missing-index'],
  ['cartesian-join', 'mis-estimate'],
  ['stale-statistics', 'mis-estimate'],
  ['disk-spill', 'missing-index'],
]

/** Leaves out what contradicts a stronger finding on the same statement, or says the same in a weaker way. */
export function withoutContradictions(findings: readonly Finding[]): Finding[] {
  const byStatement = new Map<string, PlanFinding[]>()
  for (const finding of findings) {
    if (!isPlanFinding(finding)) continue
    const key = `${finding.scope.id}\u001f${finding.statement.fingerprint}`
    byStatement.set(key, [...(byStatement.get(key) ?? []), finding])
  }
  const dropped = new Set([...byStatement.values()].flatMap(droppedOf))
  return findings.filter((finding) => !dropped.has(finding as PlanFinding))
}

function isPlanFinding(finding: Finding): finding is PlanFinding {
  return 'plan' in finding
}

function droppedOf(findings: readonly PlanFinding[]): PlanFinding[] {
  return findings.filter((weaker) => findings.some((stronger) => stronger !== weaker && isStronger(stronger, weaker)))
}

function isStronger(stronger: PlanFinding, weaker: PlanFinding): boolean {
  if (supersedes.some(([one, other]) => one === stronger.kind && other === weaker.kind)) return true
  if (!isSameTable(stronger, weaker)) return false
  if (statisticsKinds.includes(stronger.kind)) return doubted.has(weaker.kind) && restsOnEstimates(weaker)
  const [first, second] = [accessKinds.indexOf(stronger.kind), accessKinds.indexOf(weaker.kind)]
  return first !== -1 && second !== -1 && first < second
}

/** One without a table is about the whole statement. */
function isSameTable(one: PlanFinding, other: PlanFinding): boolean {
  const [first, second] = [one.plan.table, other.plan.table]
  return first === undefined || second === undefined || first.toLowerCase() === second.toLowerCase()
}

/** An index that was tried was tried against the same statistics; only rows of an execution are beyond doubt. */
function restsOnEstimates({ plan }: PlanFinding): boolean {
  return plan.evidence !== 'actual' && (plan.evidence !== 'verified' || plan.plan.mode === 'plan')
}
