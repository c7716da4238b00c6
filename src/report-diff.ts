import type { Finding, Growth } from './model/finding.ts'
import type { Report } from './model/report.ts'
import type { FindingChange, FindingDiff, RegressionRule, ReportDiff, ScopeDiff } from './model/report-diff.ts'
import { diffPlans } from './plan-diff.ts'
import { regressionsIn } from './regressions.ts'
import { placeOf } from './reporters/finding-places.ts'
import { compareText, groupByIdentity } from './reporters/grouping.ts'
import { scopeNumbersOf } from './scope-numbers.ts'
import { version } from './version.ts'

/**
 * Compares two reports by the names of their scopes.
 *
 * @param rules what counts as a regression.
 */
export function diffReports(before: Report, after: Report, rules: readonly RegressionRule[]): ReportDiff {
  const [beforeNumbers, afterNumbers] = [scopeNumbersOf(before), scopeNumbersOf(after)]
  const [beforeFindings, afterFindings] = [findingsByScope(before), findingsByScope(after)]
  const known = new Set(before.findings.map(({ identity }) => identity))
  const names = new Set([beforeNumbers, afterNumbers, beforeFindings, afterFindings].flatMap((map) => [...map.keys()]))
  const scopes = [...names].sort(compareText).map((name): ScopeDiff => {
    const [numbersBefore, numbersAfter] = [beforeNumbers.get(name), afterNumbers.get(name)]
    const findings = diffFindings(beforeFindings.get(name) ?? [], afterFindings.get(name) ?? [], {
      known,
      isRunAgain: numbersAfter !== undefined,
    })
    return {
      name,
      ...(numbersBefore === undefined ? {} : { before: numbersBefore }),
      ...(numbersAfter === undefined ? {} : { after: numbersAfter }),
      findings,
    }
  })
  const plans = diffPlans(before.plans, after.plans)
  const sides = { before: before.coverage, after: after.coverage, plans: plans ?? [] }
  return {
    version: 1,
    tool: { name: 'nonplus', version },
    scopes,
    regressions: regressionsIn(scopes, sides, rules),
    ...(plans === undefined ? {} : { plans }),
  }
}

function findingsByScope({ findings }: Report): Map<string, Finding[]> {
  const byScope = new Map<string, Finding[]>()
  for (const finding of findings) {
    const list = byScope.get(finding.scope.name)
    if (list === undefined) byScope.set(finding.scope.name, [finding])
    else list.push(finding)
  }
  return byScope
}

interface Circumstances {
  /** Identities of all findings before. */
  readonly known: ReadonlySet<string>
  readonly isRunAgain: boolean
}

function diffFindings(
  before: readonly Finding[],
  after: readonly Finding[],
  circumstances: Circumstances,
): FindingDiff[] {
  const [old, now] = [before, after].map(
    (side) => new Map(groupByIdentity(side).map(({ worst }) => [worst.identity, worst])),
  )
  const gone = [...(old?.values() ?? [])].filter(({ identity }) => !now?.has(identity))
  return [
    ...[...(now?.values() ?? [])].map((finding) => {
      const earlier = old?.get(finding.identity)
      return describe(finding, earlier === undefined ? firstSeen(finding, circumstances) : 'unchanged', earlier)
    }),
    ...gone.map((finding) => describe(finding, circumstances.isRunAgain ? 'fixed' : 'unseen')),
  ]
}

function firstSeen({ identity }: Finding, { known }: Circumstances): FindingChange {
  return known.has(identity) ? 'known' : 'new'
}

function describe(finding: Finding, change: FindingChange, earlier?: Finding): FindingDiff {
  const { identity, kind, severity, title, baseline } = finding
  const callSite = placeOf(finding)
  const growth = growthChange(earlier, finding)
  return {
    change,
    identity,
    kind,
    severity,
    title,
    isTolerated: baseline === 'unchanged',
    ...(callSite === undefined ? {} : { callSite }),
    ...(growth === undefined ? {} : { growth }),
  }
}

function growthChange(earlier: Finding | undefined, now: Finding): FindingDiff['growth'] {
  const [before, after] = [growthOf(earlier), growthOf(now)]
  if (before === undefined || after === undefined) return undefined
  const isSame = before.perParentRow === after.perParentRow && before.constant === after.constant
  return isSame ? undefined : { before, after }
}

function growthOf(finding: Finding | undefined): Growth | undefined {
  return finding !== undefined && 'growth' in finding ? finding.growth : undefined
}
