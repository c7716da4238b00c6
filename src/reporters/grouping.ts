import type { Finding, Severity } from '../model/finding.ts'

/** Findings of one identity: the same claim about several scopes. */
export interface FindingGroup {
  /** The one that took longest; stands for the others. */
  readonly worst: Finding
  readonly findings: readonly Finding[]
}

/** Groups findings by identity: severest first, then by the time they took together. */
export function groupByIdentity(findings: readonly Finding[]): FindingGroup[] {
  const byIdentity = new Map<string, Finding[]>()
  for (const finding of findings) {
    const group = byIdentity.get(finding.identity)
    if (group === undefined) byIdentity.set(finding.identity, [finding])
    else group.push(finding)
  }
  return [...byIdentity.values()]
    .map((group) => ({ worst: group.reduce((a, b) => (compareWeight(b, a) < 0 ? b : a)), findings: group }))
    .sort((a, b) => compareWeight(a.worst, b.worst, totalMs(a.findings), totalMs(b.findings)))
}

/** The findings that no baseline tolerates. */
export function openFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ baseline }) => baseline !== 'unchanged')
}

/** Order of findings: severest first, then the longest, then by identity so that it is one order. */
export function compareWeight(a: Finding, b: Finding, aMs: number = a.durationMs, bMs: number = b.durationMs): number {
  return rank[a.severity] - rank[b.severity] || bMs - aMs || compareText(a.identity, b.identity)
}

/** Order by code units: the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

function totalMs(findings: readonly Finding[]): number {
  return findings.reduce((sum, finding) => sum + finding.durationMs, 0)
}
