import { renderFinding } from './finding-text.ts'
import { groupByIdentity, openFindings } from './grouping.ts'
import type { Reporter } from './reporter.ts'
import { renderSummary } from './summary.ts'

/**
 * For people at a terminal: each finding in full once, however many scopes it occurs in, then the summary. What a
 * baseline tolerates is a line of the summary.
 */
export const console: Reporter = (report, context) => {
  const scopes = new Map(report.scopes.map((scope) => [scope.id, scope]))
  const groups = groupByIdentity(openFindings(report.findings))
  const render = ({ worst, findings }: (typeof groups)[number]) =>
    renderFinding(worst, scopes.get(worst.scope.id), context, findings)
  const notes = groups.filter((group) => group.worst.severity === 'info')
  const blocks = [
    ...groups.filter((group) => group.worst.severity !== 'info').map(render),
    ...(notes.length === 0 ? [] : [notes.map(render).join('\n')]),
    renderSummary(report, context),
  ]
  return `${blocks.join('\n\n')}\n`
}
