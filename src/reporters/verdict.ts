import type { Report } from '../model/report.ts'
import { groupByIdentity, openFindings } from './grouping.ts'
import { paint } from './layout.ts'
import { formatCount } from './quantity.ts'

/** What came out, in a line: how many findings of which severity, or that nothing was judged. */
export function renderVerdict({ findings, scopes, unlisted = [], baseline, coverage }: Report, color: boolean): string {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { worst } of groupByIdentity(openFindings(findings))) counts[worst.severity]++
  const parts = [
    paint(plural(counts.error, 'error'), ['bold', 'red'], color),
    paint(plural(counts.warning, 'warning'), ['bold', 'yellow'], color),
    paint(plural(counts.info, 'info'), ['dim'], color),
  ].filter((_, index) => [counts.error, counts.warning, counts.info][index] !== 0)
  const where = plural(
    unlisted.reduce((sum, totals) => sum + totals.scopes, scopes.length),
    'scope',
  )
  const tolerated = baseline?.unchanged.length ?? 0
  const besides = tolerated === 0 ? '' : `, ${formatCount(tolerated)} in the baseline`
  if (parts.length > 0) return `${parts.join(', ')} in ${where}${besides}`
  if (coverage.seen === 0) return paint('No statements were seen: nothing was judged.', ['bold', 'yellow'], color)
  if (coverage.attributed === 0) {
    return paint('No statement ran inside a scope: nothing was judged.', ['bold', 'yellow'], color)
  }
  return tolerated === 0 ? `No findings in ${where}.` : `No new findings in ${where}${besides}.`
}

/** Count with its noun, in the plural where there are several. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}
