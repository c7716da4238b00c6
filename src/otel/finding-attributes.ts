import type { Attributes } from '@opentelemetry/api'
import type { Finding, PlanFinding } from '../model/finding.ts'
import type { ReportScope } from '../model/report.ts'
import type { Frame } from '../model/trace.ts'
import { codeAttributes } from './statement-spans.ts'

/** What is set on the span around a scope. */
export function scopeAttributes({ queries }: ReportScope, findings: readonly Finding[]): Attributes {
  const proven = findings.filter(({ confidence }) => confidence === 'proven')
  return {
    'nonplus.db.query.count': queries.count,
    'nonplus.db.query.duration_ms': round(queries.durationMs),
    'nonplus.findings': findings.length,
    'nonplus.proven_findings': proven.length,
    'nonplus.n_plus_one': findings.some(({ kind }) => kind === 'n-plus-one'),
    ...(findings.length === 0 ? {} : { 'nonplus.finding_kinds': [...new Set(findings.map(({ kind }) => kind))] }),
  }
}

/**
 * A finding as attributes of an event: what the report says of it, without a value.
 *
 * @param spanIds of the first executions it stands for, where nonplus made their spans.
 */
export function findingAttributes(finding: Finding, scope: ReportScope, spanIds: readonly string[]): Attributes {
  const { statement, callSite, advice } = finding
  const route = scope.attributes['http.route']
  return {
    'nonplus.finding.kind': finding.kind,
    'nonplus.finding.confidence': finding.confidence,
    'nonplus.finding.severity': finding.severity,
    'nonplus.finding.identity': finding.identity,
    'nonplus.finding.title': finding.title,
    'nonplus.finding.explanation': finding.explanation,
    'nonplus.finding.docs': finding.docs,
    'nonplus.finding.fingerprint': statement.fingerprint,
    'nonplus.finding.count': finding.count,
    'nonplus.finding.duration_ms': round(finding.durationMs),
    'nonplus.finding.rows': finding.rows,
    'nonplus.finding.concurrent': finding.concurrent,
    'nonplus.finding.advice': advice.summary,
    ...(advice.rewrite === undefined ? {} : { 'nonplus.finding.rewrite': advice.rewrite.text }),
    ...(advice.orm === undefined ? {} : { 'nonplus.finding.orm_call': advice.orm.call }),
    ...(finding.operation === undefined ? {} : { 'nonplus.finding.operation': finding.operation }),
    ...(finding.fields === undefined ? {} : { 'nonplus.finding.fields': [...finding.fields] }),
    ...(finding.kind === 'n-plus-one' ? loopAttributes(finding) : {}),
    ...('plan' in finding ? planAttributes(finding) : {}),
    ...(spanIds.length === 0 ? {} : { 'nonplus.finding.span_ids': [...spanIds] }),
    'nonplus.scope.name': scope.name,
    'nonplus.scope.kind': scope.kind,
    ...(typeof route === 'string' ? { 'http.route': route } : {}),
    'db.query.summary': statement.summary,
    'db.query.text': statement.text,
    ...(callSite === undefined ? {} : codeAttributes(callSite)),
  }
}

function loopAttributes({ distinctParameters, loop, parent }: Extract<Finding, { kind: 'n-plus-one' }>): Attributes {
  return {
    'nonplus.finding.distinct_parameters': distinctParameters,
    ...(loop === undefined ? {} : { 'nonplus.finding.loop': placeOf(loop) }),
    ...(parent === undefined
      ? {}
      : {
          'nonplus.finding.parent.summary': parent.summary,
          'nonplus.finding.parent.column': parent.column,
          'nonplus.finding.parent.rows': parent.rows,
          'nonplus.finding.parent.coverage': parent.coverage,
          ...(parent.callSite === undefined ? {} : { 'nonplus.finding.parent.place': placeOf(parent.callSite) }),
        }),
  }
}

/** Without the tree, which is no attribute. */
function planAttributes({ plan, advice }: PlanFinding): Attributes {
  const { engine, evidence, impactMs, table, columns, index, verified } = plan
  return {
    'nonplus.finding.plan.engine': engine,
    'nonplus.finding.plan.evidence': evidence,
    'nonplus.finding.plan.impact_ms': round(impactMs),
    ...(table === undefined ? {} : { 'nonplus.finding.plan.table': table }),
    ...(columns === undefined ? {} : { 'nonplus.finding.plan.columns': [...columns] }),
    ...(index === undefined ? {} : { 'nonplus.finding.plan.index': index }),
    ...(verified === undefined
      ? {}
      : {
          'nonplus.finding.plan.cost_before': verified.costBefore,
          'nonplus.finding.plan.cost_after': verified.costAfter,
        }),
    ...(advice.ddl === undefined ? {} : { 'nonplus.finding.ddl': [...advice.ddl] }),
  }
}

function placeOf({ file, line, column }: Frame): string {
  return `${file}:${line}:${column}`
}

/** Microseconds are as fine as the clock. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
