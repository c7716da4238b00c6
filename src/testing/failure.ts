import { contextOf } from '../live-console.ts'
import type { Finding } from '../model/finding.ts'
import { renderFinding } from '../reporters/finding-text.ts'
import { groupByIdentity } from '../reporters/grouping.ts'
import { indent } from '../reporters/layout.ts'
import { renderQueryList } from '../reporters/query-list.ts'
import type { Measured, Query } from './measure.ts'
import type { Outcome } from './outcome.ts'

/** Findings that are shown in full below a failure. */
const MAX_FINDINGS = 5

/**
 * A failed assertion in words: what was expected, what ran, grouped and with its lines, and the findings as the console
 * shows them, since they are mostly why.
 */
export function failureText(headline: string, measured: Measured, queries = measured.queries): string {
  return [headline, queriesText(queries), ...findingTexts(measured.report.findings, measured)]
    .filter(Boolean)
    .join('\n\n')
}

/** As {@link failureText}, of findings alone. */
export function findingsText(headline: string, findings: readonly Finding[], measured: Measured): string {
  return [headline, ...findingTexts(findings, measured)].join('\n\n')
}

/** The outcome where no statement was seen: an assertion that shows nothing must not pass, whatever it asks for. */
export function nothingSeen<Result>(measured: Measured<Result>): Outcome<Result> {
  return { pass: false, isVoid: true, result: measured.result, message: () => nothingSeenText(measured) }
}

/** What to say where no statement was seen, and so nothing can be said of them. */
export function nothingSeenText({ isBlind, report }: Measured): string {
  if (process.env.NONPLUS === '0') {
    return 'NONPLUS=0 is set, so no query is watched, and this assertion would pass whatever the code does. Unset it, or skip the test.'
  }
  const reasons = report.coverage.warnings.map((warning) => `- ${warning}`).join('\n')
  const why = isBlind
    ? 'No driver is watched here, so nothing can be said of what the block sent.'
    : 'No statement was seen in the block, so this assertion would pass whatever the code does.'
  return reasons === '' ? why : `${why}\n${reasons}`
}

/** The queries grouped by shape and line. */
function queriesText(queries: readonly Query[]): string {
  return queries.length === 0 ? '' : indent(renderQueryList(queries, context()), 2).join('\n')
}

function findingTexts(findings: readonly Finding[], { report }: Measured): string[] {
  const [scope] = report.scopes
  const groups = groupByIdentity(findings.filter(({ severity }) => severity !== 'info'))
  const texts = groups
    .slice(0, MAX_FINDINGS)
    .map(({ worst, findings: all }) => renderFinding(worst, scope, context(), all))
  const rest = groups.length - texts.length
  return rest > 0 ? [...texts, `${rest} more findings`] : texts
}

function context(): ReturnType<typeof contextOf> {
  return contextOf(process.stderr)
}
