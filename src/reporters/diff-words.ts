import type { FindingChange, FindingDiff, ReportDiff, ScopeDiff, Spread } from '../model/report-diff.ts'
import { printable } from './layout.ts'
import { formatPlace } from './place.ts'
import { formatCount, formatDuration, formatRange } from './quantity.ts'
import { plural } from './verdict.ts'

/** Writes a comparison as text; pure, as a {@link Reporter} is. */
export type DiffReporter = (
  diff: ReportDiff,
  context: { readonly color: boolean; readonly width: number; readonly cwd: string },
) => string

/** A finding with the names of the scopes that have it. */
export interface ChangedFinding {
  readonly finding: FindingDiff
  readonly scopes: readonly string[]
}

/** Findings that are worth a line, by what became of them: each identity once. */
export function changedFindings({ scopes }: ReportDiff): ChangedFinding[] {
  const found = new Map<string, { finding: FindingDiff; scopes: string[] }>()
  for (const { name, findings } of scopes) {
    for (const finding of findings) {
      if (finding.change === 'unchanged' && finding.growth === undefined) continue
      const key = `${finding.change} ${finding.identity}`
      const known = found.get(key)
      if (known === undefined) found.set(key, { finding, scopes: [name] })
      else known.scopes.push(name)
    }
  }
  const order: readonly FindingChange[] = ['new', 'known', 'unchanged', 'fixed', 'unseen']
  return [...found.values()].sort((a, b) => order.indexOf(a.finding.change) - order.indexOf(b.finding.change))
}

/** Scopes whose queries, rows or findings are not what they were, or that only one side has. */
export function changedScopes({ scopes }: ReportDiff): ScopeDiff[] {
  return scopes.filter(({ before, after, findings }) => {
    if (before === undefined || after === undefined) return true
    const hasOtherCounts = !isSameSpread(before.queries, after.queries) || before.rows !== after.rows
    return hasOtherCounts || findings.some(({ change, growth }) => change !== 'unchanged' || growth !== undefined)
  })
}

function isSameSpread(a: Spread, b: Spread): boolean {
  return a.least === b.least && a.median === b.median && a.most === b.most
}

/** What a comparison came to, in a line. */
export function diffVerdict(diff: ReportDiff): string {
  const changes = diff.scopes.flatMap(({ findings }) => findings)
  const countOf = (change: FindingChange) =>
    new Set(changes.filter((finding) => finding.change === change).map(({ identity }) => identity)).size
  const parts = [
    `${plural(diff.scopes.length, 'scope')}, ${formatCount(changedScopes(diff).length)} changed`,
    plural(countOf('new'), 'new finding'),
    `${formatCount(countOf('fixed'))} fixed`,
    `${formatCount(countOf('unchanged'))} unchanged`,
    ...(diff.plans === undefined || diff.plans.length === 0 ? [] : [`${plural(diff.plans.length, 'plan')} changed`]),
  ]
  return parts.join(', ')
}

/** The cells of a scope: name, queries, time, rows, findings; `51 → 2` where they differ. */
export function scopeCells({ name, before, after, findings }: ScopeDiff): [string, ...string[]] {
  const rangeOf = ({ least, most }: Spread) => formatRange([least, most])
  const now = findings.filter(({ change }) => change !== 'fixed' && change !== 'unseen').length
  const old = findings.filter(({ change }) => change !== 'new' && change !== 'known').length
  return [
    name,
    arrow(before && rangeOf(before.queries), after && rangeOf(after.queries)),
    arrow(before && formatDuration(before.databaseMs), after && formatDuration(after.databaseMs)),
    arrow(before && formatCount(before.rows), after && formatCount(after.rows)),
    arrow(before && formatCount(old), after && formatCount(now)),
  ]
}

/** Heads of these cells. */
export const scopeHeads: readonly string[] = ['scope', 'queries', 'db time', 'rows', 'findings']

function arrow(before: string | undefined, after: string | undefined): string {
  return before === after ? (after ?? '') : `${before ?? '–'} → ${after ?? '–'}`
}

/** What became of a finding, in a word: `growth` where it stayed, and grows in another way. */
export function changeWord({ change, growth }: FindingDiff): string {
  return change === 'unchanged' && growth !== undefined ? 'growth' : change
}

/** `error n-plus-one`, and the facts of a finding beside it. */
export function findingFacts({ finding, scopes }: ChangedFinding, cwd: string): [badge: string, ...facts: string[]] {
  const { severity, kind, title, callSite, growth, isTolerated } = finding
  const names = scopes.length > 3 ? [...scopes.slice(0, 3), `${formatCount(scopes.length - 3)} more`] : scopes
  return [
    printable(`${severity} ${kind}`),
    printable(title),
    ...(callSite === undefined ? [] : [formatPlace(callSite, cwd)]),
    names.map(printable).join(', '),
    ...(growth === undefined ? [] : [`${formulaOf(growth.before)} → ${formulaOf(growth.after)}`]),
    ...(isTolerated ? ['in the baseline'] : []),
  ]
}

function formulaOf({ perParentRow, constant }: { perParentRow: number; constant: number }): string {
  return `${perParentRow} × rows + ${constant}`
}
