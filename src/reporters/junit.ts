import type { Finding } from '../model/finding.ts'
import type { Report, ReportScope } from '../model/report.ts'
import { renderFinding } from './finding-text.ts'
import { type FindingGroup, groupByIdentity, openFindings } from './grouping.ts'
import { printable } from './layout.ts'
import { formatCount, formatDuration, formatRange } from './quantity.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { type ScopeRow, scopeRowsOf } from './scope-rows.ts'
import { renderSummary } from './summary.ts'
import { escapeXml } from './xml-text.ts'

/**
 * JUnit XML, for the test views of CI systems: one suite, a case for each name of a scope. A case fails where it has
 * errors or warnings that no baseline tolerates; notes are in its output, the summary is in that of the suite.
 */
export const junit: Reporter = (report, context) => {
  const plain = { ...context, color: false }
  const scopes = new Map(report.scopes.map((scope) => [scope.id, scope]))
  const cases = casesOf(report)
  const failures = cases.filter(({ groups }) => groups.some(isFailure)).length
  const [first] = report.scopes
  const sums: Attributes = {
    tests: cases.length,
    failures,
    errors: 0,
    time: seconds(cases.reduce((sum, { row }) => sum + (row?.durationMs ?? 0), 0)),
  }
  const timestamp = first === undefined ? {} : { timestamp: first.startedAt.slice(0, 19) }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    open('testsuites', { name: 'nonplus', ...sums }),
    open('testsuite', { name: 'nonplus', ...sums, skipped: 0, ...timestamp }),
    ...renderProperties(report),
    ...cases.flatMap((testCase) => renderCase(testCase, scopes, plain)),
    `${open('system-out')}${escapeXml(renderSummary(report, plain))}</system-out>`,
    '</testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

/** Scopes of one name, with what was found in them. */
interface TestCase {
  readonly name: string
  /** Absent where the report has no scope of that name. */
  readonly row?: ScopeRow
  readonly groups: readonly FindingGroup[]
}

function casesOf(report: Report): TestCase[] {
  const byName = new Map<string, Finding[]>(report.scopes.map(({ name }) => [name, []]))
  for (const finding of openFindings(report.findings)) {
    byName.set(finding.scope.name, [...(byName.get(finding.scope.name) ?? []), finding])
  }
  const rows = scopeRowsOf(report)
  const known = rows.map((row) => ({ name: row.name, row, groups: groupByIdentity(byName.get(row.name) ?? []) }))
  const names = new Set(rows.map(({ name }) => name))
  const others = [...byName].filter(([name]) => !names.has(name))
  return [...known, ...others.map(([name, findings]) => ({ name, groups: groupByIdentity(findings) }))]
}

function isFailure({ worst }: FindingGroup): boolean {
  return worst.severity !== 'info'
}

function renderCase(
  { name, row, groups }: TestCase,
  scopes: ReadonlyMap<string, ReportScope>,
  context: ReporterContext,
): string[] {
  const render = ({ worst, findings }: FindingGroup): string =>
    renderFinding(worst, scopes.get(worst.scope.id), context, findings)
  const failures = groups.filter(isFailure)
  const notes = groups.filter((group) => !isFailure(group))
  const time = row === undefined ? {} : { time: seconds(row.durationMs) }
  // properties of a case would say it better, but the schemas have them in suites only
  const output = [...(row === undefined ? [] : [describeQueries(row)]), ...notes.map(render)]
  return [
    open('testcase', { name: printable(name), classname: 'nonplus', ...time }),
    ...renderFailure(failures, failures.map(render)),
    ...(output.length === 0 ? [] : [`${open('system-out')}${escapeXml(output.join('\n'))}</system-out>`]),
    '</testcase>',
  ]
}

function describeQueries({ scopes, queries, rows, databaseMs }: ScopeRow): string {
  const runs = scopes === 1 ? [] : [`runs ${formatCount(scopes)}`]
  return [
    ...runs,
    `queries ${formatRange(queries)}`,
    `rows ${formatCount(rows)}`,
    `db time ${formatDuration(databaseMs)}`,
  ].join(' · ')
}

/** One element for all findings of a case, since some readers take only the first. */
function renderFailure(groups: readonly FindingGroup[], texts: readonly string[]): string[] {
  const [first] = groups
  if (first === undefined) return []
  const message = groups.map(({ worst }) => printable(worst.title)).join('; ')
  return [`${open('failure', { type: first.worst.kind, message })}${escapeXml(texts.join('\n\n'))}</failure>`]
}

function renderProperties({ scopes, unlisted = [], coverage, tool }: Report): string[] {
  const count = [...scopes, ...unlisted].reduce((sum, { queries }) => sum + queries.count, 0)
  const values: Attributes = {
    'nonplus.version': tool.version,
    'nonplus.queries': count,
    'nonplus.statements.seen': coverage.seen,
    'nonplus.statements.attributed': coverage.attributed,
    'nonplus.statements.withCallSite': coverage.withCallSite,
  }
  const properties = Object.entries(values).map(([name, value]) => open('property', { name, value }, '/>'))
  return [open('properties'), ...properties, '</properties>']
}

type Attributes = Readonly<Record<string, string | number>>

function open(name: string, attributes: Attributes = {}, end = '>'): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
  return `<${name}${pairs.join('')}${end}`
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3)
}
