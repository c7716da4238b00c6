import type { Finding, Severity } from '../model/finding.ts'
import type { Report } from '../model/report.ts'
import { placeOf } from './finding-places.ts'
import { type FindingGroup, groupByIdentity } from './grouping.ts'
import { escapeControls, roundDurations } from './json-text.ts'
import { printable } from './layout.ts'
import { isPlanFinding, measuredOf, statementsOf } from './plan-words.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { codeFlowOf, physicalLocationOf, ROOT, relatedLocationsOf } from './sarif-locations.ts'

/** Results that GitHub takes of a run; it shows the first 5,000. */
const maxResults = 25_000

/**
 * SARIF 2.1.0, for code scanning: one result per identity, the worst first. A finding without a line is a notification of
 * the tool, since GitHub refuses a file with such a result as a whole. What a baseline has and the run did not meet is no
 * result, since GitHub would show it as one.
 */
export const sarif: Reporter = (report, context) => {
  const groups = groupByIdentity(report.findings)
  const placed = groups.filter(({ worst }) => placeOf(worst) !== undefined)
  const lost = groups.filter(({ worst }) => placeOf(worst) === undefined)
  const kinds = [...new Set(groups.map(({ worst }) => worst.kind))].sort()
  const reasons = new Map((report.baseline?.unchanged ?? []).map(({ identity, reason }) => [identity, reason]))
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: driverOf(report, kinds, groups, context) },
        originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the project.' } } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          { executionSuccessful: true, toolExecutionNotifications: notificationsOf(report, lost, context) },
        ],
        results: placed.slice(0, maxResults).map((group) => resultOf(group, kinds, reasons, context)),
      },
    ],
  }
  return `${escapeControls(JSON.stringify(document, roundDurations, 2))}\n`
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

function driverOf(
  { tool }: Report,
  kinds: readonly string[],
  groups: readonly FindingGroup[],
  context: ReporterContext,
) {
  return {
    name: tool.name,
    version: tool.version,
    semanticVersion: tool.version,
    rules: kinds.map((kind) => {
      const { docs, severity } = (groups.find(({ worst }) => worst.kind === kind) as FindingGroup).worst
      return {
        id: kind,
        name: kind,
        shortDescription: { text: kind },
        fullDescription: { text: kind },
        ...helpOf(docs, context),
        defaultConfiguration: { level: levels[severity] },
        properties: { tags: ['performance', 'sql'] },
      }
    }),
  }
}

/** A page that is a file of the package is no address that a browser could open. */
function helpOf(docs: string, { cwd }: ReporterContext): object {
  const page = relativePath(printable(docs), cwd)
  const help = { help: { text: page } }
  return /^https?:\/\/\S+$/.test(page) ? { helpUri: encodeURI(page), ...help } : help
}

function resultOf(
  { worst, findings }: FindingGroup,
  kinds: readonly string[],
  reasons: ReadonlyMap<string, string>,
  context: ReporterContext,
) {
  const related = relatedLocationsOf(worst, context)
  const flow = codeFlowOf(worst, context)
  const reason = reasons.get(worst.identity)
  return {
    ruleId: worst.kind,
    ruleIndex: kinds.indexOf(worst.kind),
    level: levels[worst.severity],
    message: { text: messageOf(worst, context) },
    locations: [{ physicalLocation: physicalLocationOf(placeOf(worst), context) }],
    partialFingerprints: { 'nonplusFingerprint/v1': printable(worst.identity) },
    ...(related.length === 0 ? {} : { relatedLocations: related }),
    ...(flow === undefined ? {} : { codeFlows: [flow] }),
    ...(worst.baseline === undefined ? {} : { baselineState: worst.baseline }),
    ...(worst.baseline !== 'unchanged' || reason === undefined
      ? {}
      : { suppressions: [{ kind: 'external', justification: printable(reason) }] }),
    occurrenceCount: findings.length,
    properties: {
      confidence: worst.confidence,
      scopes: [...new Set(findings.map(({ scope }) => printable(scope.name)))].slice(0, 100),
      statement: printable(worst.statement.fingerprint),
      count: worst.count,
      durationMs: worst.durationMs,
      rows: worst.rows,
      ...planProperties(worst),
    },
  }
}

/** Without the tree, which nobody could read there. */
function planProperties(finding: Finding): object {
  if (!isPlanFinding(finding)) return {}
  const { plan: _, node: __, verified: ___, ...facts } = finding.plan
  const shown = (value: unknown): unknown => (typeof value === 'string' ? printable(value) : value)
  return {
    plan: Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, Array.isArray(value) ? value.map(shown) : shown(value)]),
    ),
  }
}

function messageOf(finding: Finding, { cwd }: ReporterContext): string {
  const { title, scope, explanation, advice } = finding
  const prose = (text: string) => printable(withoutDirectory(text, cwd))
  const rewrite = advice.rewrite === undefined ? [] : [advice.rewrite.text.split('\n').map(printable).join('\n')]
  const orm = advice.orm === undefined ? [] : [`${printable(advice.orm.name)}: ${printable(advice.orm.call)}`]
  return [
    `${prose(title)} · ${printable(scope.name)}`,
    prose(explanation),
    prose(advice.summary),
    ...orm,
    ...rewrite,
    ...statementsOf(advice.ddl),
    ...measuredOf(finding),
  ].join('\n')
}

/** What has no line, and what was not seen. */
function notificationsOf({ coverage }: Report, lost: readonly FindingGroup[], context: ReporterContext): object[] {
  const findings = lost.map(({ worst }) => ({
    level: levels[worst.severity],
    message: { text: messageOf(worst, context) },
    associatedRule: { id: worst.kind },
  }))
  const warnings = coverage.warnings.map((warning) => ({
    level: 'note',
    message: { text: printable(withoutDirectory(warning, context.cwd)) },
  }))
  return [...findings, ...warnings]
}
