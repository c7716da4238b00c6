import type { Attributes } from '@opentelemetry/api'
import type { Finding, Severity } from '../model/finding.ts'
import type { ReportScope, ScopeExecution } from '../model/report.ts'
import type { Dialect } from '../model/statement.ts'
import type { ScopeKind } from '../model/trace.ts'
import { version } from '../version.ts'
import { findingAttributes, scopeAttributes } from './finding-attributes.ts'
import { FINDING_EVENT, MAX_SPAN_IDS, SEVERITY_NUMBERS } from './finding-events.ts'
import { SYSTEMS } from './statement-attributes.ts'
import { codeAttributes } from './statement-spans.ts'

/*
 * OTLP as JSON: the JSON mapping of protobuf, with ids in hexadecimal and enumerations as numbers, as OTLP wants it; whole
 * numbers of 64 bits are texts.
 */

/** A scope as a process logs it, with the statements of its timeline. */
export interface LoggedScope {
  readonly scope: ReportScope
  readonly findings: readonly Finding[]
}

/** The bodies of one export. */
export interface OtlpExport {
  /** For `/v1/traces`. */
  readonly traces: object
  /** For `/v1/logs`; absent where nothing was found. */
  readonly logs: object | undefined
}

/** Makes an id of as many bytes, in hexadecimal. */
type IdMaker = (bytes: number) => string

const INTERNAL = 1
const SERVER = 2
const CLIENT = 3
const CONSUMER = 5
const ERROR = 2
const SAMPLED = 1

const KINDS: Readonly<Record<ScopeKind, number>> = {
  request: SERVER,
  job: CONSUMER,
  test: INTERNAL,
  block: INTERNAL,
  trace: INTERNAL,
}

const SCOPE = { name: 'nonplus', version }

/** Scopes as spans, each with a CLIENT span per statement below it; findings as log events in their context. */
export function exportOf(scopes: readonly LoggedScope[], resource: Attributes, makeId: IdMaker): OtlpExport {
  const spans: object[] = []
  const logRecords: object[] = []
  for (const { scope, findings } of scopes) {
    const place = { traceId: makeId(16), spanId: makeId(8) }
    spans.push(scopeSpan(scope, findings, place))
    const idsOf = new Map<string, string[]>()
    for (const execution of scope.executions ?? []) {
      const spanId = makeId(8)
      spans.push({ ...statementSpan(scope, execution), traceId: place.traceId, spanId, parentSpanId: place.spanId })
      if (execution.finding !== undefined)
        idsOf.set(execution.finding, [...(idsOf.get(execution.finding) ?? []), spanId])
    }
    for (const finding of findings) {
      const spanIds = (idsOf.get(finding.identity) ?? []).slice(0, MAX_SPAN_IDS)
      logRecords.push({ ...findingRecord(finding, scope, spanIds), ...place, flags: SAMPLED })
    }
  }
  const about = { attributes: keyValues(resource) }
  return {
    traces: { resourceSpans: [{ resource: about, scopeSpans: [{ scope: SCOPE, spans }] }] },
    logs:
      logRecords.length === 0
        ? undefined
        : { resourceLogs: [{ resource: about, scopeLogs: [{ scope: SCOPE, logRecords }] }] },
  }
}

interface Place {
  readonly traceId: string
  readonly spanId: string
}

function scopeSpan(scope: ReportScope, findings: readonly Finding[], place: Place): object {
  const failure = scope.attributes['error.type']
  return {
    ...place,
    name: scope.name,
    kind: KINDS[scope.kind],
    ...timesOf(scope, 0, scope.durationMs),
    attributes: keyValues({
      ...scope.attributes,
      ...scopeAttributes(scope, findings),
      ...(scope.omittedExecutions === undefined ? {} : { 'nonplus.db.query.omitted': scope.omittedExecutions }),
    }),
    ...(failure === undefined ? {} : { status: { code: ERROR } }),
  }
}

function statementSpan(scope: ReportScope, execution: ScopeExecution): object {
  const { summary, fingerprint, startMs, durationMs, rows, error, callSite } = execution
  const system = systemOf(scope.dialect)
  const attributes: Attributes = {
    'db.system.name': system,
    'db.query.text': fingerprint,
    ...(summary === '' ? {} : { 'db.query.summary': summary }),
    ...(rows === undefined ? {} : { 'db.response.returned_rows': rows }),
    ...(error === undefined ? {} : { 'error.type': error }),
    ...(callSite === undefined ? {} : codeAttributes(callSite)),
  }
  return {
    name: summary === '' ? system : summary,
    kind: CLIENT,
    // one that was open when the scope closed lasts to its end
    ...timesOf(scope, startMs, durationMs < 0 ? Math.max(0, scope.durationMs - startMs) : durationMs),
    attributes: keyValues(attributes),
    ...(error === undefined ? {} : { status: { code: ERROR, message: error } }),
  }
}

function systemOf(dialect: Dialect | undefined): string {
  return dialect === undefined ? 'other_sql' : SYSTEMS[dialect]
}

function findingRecord(finding: Finding, scope: ReportScope, spanIds: readonly string[]): object {
  const time = nanoseconds(Date.parse(scope.startedAt) + scope.durationMs)
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    eventName: FINDING_EVENT,
    severityNumber: SEVERITY_NUMBERS[finding.severity satisfies Severity],
    severityText: finding.severity.toUpperCase(),
    body: { stringValue: finding.title },
    attributes: keyValues(findingAttributes(finding, scope, spanIds)),
  }
}

function timesOf({ startedAt }: ReportScope, startMs: number, durationMs: number): object {
  const start = Date.parse(startedAt) + startMs
  return { startTimeUnixNano: nanoseconds(start), endTimeUnixNano: nanoseconds(start + durationMs) }
}

/** Since 1970, which is more than a number holds. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms)
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)))
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: anyValue(value) }],
  )
}

function anyValue(value: unknown): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  return { arrayValue: { values: (value as readonly unknown[]).map(anyValue) } }
}
