import type { Finding } from '../model/finding.ts'
import type { Report, ReportPlan } from '../model/report.ts'
import { compareText, compareWeight, groupByIdentity } from './grouping.ts'
import { escapeControls, roundDurations } from './json-text.ts'
import { isPlanFinding } from './plan-words.ts'
import { relativePath, withoutDirectory } from './relative-path.ts'
import type { Reporter, ReporterContext } from './reporter.ts'
import { nodesPerPlan, trimPlan } from './trim-plan.ts'

/**
 * Findings the JSON holds at most; the rest is counted in `coverage.warnings`. Every identity keeps one finding before any
 * keeps two. A few megabytes at most, which editors and CI viewers still open.
 */
export const findingCap = 500

/** Version 1 of the report format, for machines; `schema/report.json` describes it. */
export const json: Reporter = (report, context) => {
  const kept = capFindings(report.findings, findingCap)
  const warnings = report.coverage.warnings.map((warning) => withoutDirectory(warning, context.cwd))
  const dropped = report.findings.length - kept.length
  if (dropped > 0) {
    warnings.push(`${dropped} of ${report.findings.length} findings are left out: a report holds ${findingCap}.`)
  }
  const { name, version } = report.tool
  const document = {
    version: report.version,
    tool: { name, version },
    scopes: report.scopes.map(({ id, name, kind, startedAt, durationMs, queries, attributes, executions }) => {
      const { count, durationMs: databaseMs, rows, operations } = queries
      const sums = { count, durationMs: databaseMs, rows, ...(operations === undefined ? {} : { operations }) }
      const timeline = executions === undefined ? {} : { executions: relocate(executions, context.cwd) }
      return { id, name, kind, startedAt, durationMs, queries: sums, attributes, ...timeline }
    }),
    ...(report.unlisted === undefined ? {} : { unlisted: report.unlisted }),
    findings: sortFindings(withBoundedPlans(kept), report).map((finding) => serialiseFinding(finding, context)),
    ...(report.baseline === undefined ? {} : { baseline: report.baseline }),
    ...(report.plans === undefined ? {} : { plans: serialisePlans(report.plans) }),
    coverage: {
      seen: report.coverage.seen,
      attributed: report.coverage.attributed,
      withCallSite: report.coverage.withCallSite,
      drivers: report.coverage.drivers.map(({ name, version, via }) => ({ name, version, via })),
      warnings,
      ...(report.coverage.plans === undefined ? {} : { plans: report.coverage.plans }),
    },
  }
  return `${escapeControls(JSON.stringify(document, roundDurations, 2))}\n`
}

function capFindings(findings: readonly Finding[], cap: number): readonly Finding[] {
  if (findings.length <= cap) return findings
  const groups = groupByIdentity(findings)
  const first = groups.map((group) => group.worst)
  const others = groups.flatMap((group) => group.findings.filter((finding) => finding !== group.worst))
  return [...first, ...others.sort((a, b) => compareWeight(a, b))].slice(0, cap)
}

function withBoundedPlans(findings: readonly Finding[]): Finding[] {
  const maxNodes = nodesPerPlan(findings.filter(isPlanFinding).length)
  return findings.map((finding) => {
    if (!isPlanFinding(finding)) return finding
    const { plan, node } = finding.plan
    return { ...finding, plan: { ...finding.plan, plan: trimPlan(plan, maxNodes, node) } }
  })
}

/** Plans the JSON holds at most. */
const planCap = 500

function serialisePlans(plans: readonly ReportPlan[]): ReportPlan[] {
  const kept = plans.slice(0, planCap)
  return kept.map((one) => ({ ...one, plan: trimPlan(one.plan, nodesPerPlan(kept.length)) }))
}

/** In the order of their scopes; within a scope the heaviest first. */
function sortFindings(findings: readonly Finding[], report: Report): Finding[] {
  const position = new Map(report.scopes.map((scope, index) => [scope.id, index]))
  const positionOf = (finding: Finding) => position.get(finding.scope.id) ?? report.scopes.length
  return [...findings].sort((a, b) => positionOf(a) - positionOf(b) || compareWeight(a, b))
}

// The order of the contract; what a kind has besides comes after it, by name.
const order = [
  'kind',
  'confidence',
  'severity',
  'identity',
  'baseline',
  'title',
  'scope',
  'statement',
  'count',
  'distinctParameters',
  'durationMs',
  'rows',
  'concurrent',
  'callSite',
  'frames',
  'parent',
  'growth',
  'advice',
  'explanation',
  'docs',
]

/** Ids of executions mean nothing outside the trace. */
const internal: ReadonlySet<string> = new Set(['executions'])

function serialiseFinding(finding: Finding, context: ReporterContext): object {
  const { advice, explanation, title } = finding
  const shown: Record<string, unknown> = {
    ...finding,
    title: withoutDirectory(title, context.cwd),
    explanation: withoutDirectory(explanation, context.cwd),
    docs: relativePath(finding.docs, context.cwd),
    advice: { ...advice, summary: withoutDirectory(advice.summary, context.cwd) },
  }
  const extra = Object.keys(shown).filter((key) => !order.includes(key) && !internal.has(key))
  const keys = [...order, ...extra.sort(compareText)]
  return Object.fromEntries(keys.map((key) => [key, relocate(shown[key], context.cwd)]))
}

/** The value with the file of every frame in it made relative. */
function relocate(value: unknown, cwd: string): unknown {
  if (Array.isArray(value)) return value.map((item) => relocate(item, cwd))
  if (typeof value !== 'object' || value === null) return value
  const isFrame = 'file' in value && 'line' in value
  const entries = Object.entries(value).map(([key, item]) =>
    isFrame && key === 'file' && typeof item === 'string' ? [key, relativePath(item, cwd)] : [key, relocate(item, cwd)],
  )
  return Object.fromEntries(entries)
}
