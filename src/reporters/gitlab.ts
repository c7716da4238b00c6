import type { Severity } from '../model/finding.ts'
import { placeOf } from './finding-places.ts'
import { groupByIdentity, openFindings } from './grouping.ts'
import { escapeControls } from './json-text.ts'
import { printable } from './layout.ts'
import { statementsOf } from './plan-words.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { Reporter } from './reporter.ts'

const severities: Readonly<Record<Severity, 'critical' | 'major' | 'info'>> = {
  error: 'critical',
  warning: 'major',
  info: 'info',
}

/**
 * GitLab's Code Quality report: an issue for each finding that no baseline tolerates, known again by its identity. GitLab wants
 * a place of each; one whose line was lost is an issue of the folder.
 */
export const gitlab: Reporter = (report, { cwd }) => {
  const issues = groupByIdentity(openFindings(report.findings)).map(({ worst }) => {
    const { kind, severity, identity, title, scope, advice } = worst
    const place = placeOf(worst)
    const prose = (text: string): string => printable(withoutDirectory(text, cwd))
    return {
      description: [prose(title), printable(scope.name), prose(advice.summary), ...statementsOf(advice.ddl)].join(
        ' · ',
      ),
      check_name: kind,
      fingerprint: printable(identity),
      severity: severities[severity],
      location: {
        path: place === undefined ? '.' : printable(relativePath(place.file, cwd)),
        lines: { begin: Math.max(place?.line ?? 1, 1) },
      },
    }
  })
  return `${escapeControls(JSON.stringify(issues, null, 2))}\n`
}
